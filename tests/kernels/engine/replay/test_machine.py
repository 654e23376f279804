"""Programs that are written by hand: found for the arguments that they ask for, and done to the letter."""

import numpy as np
import pytest

from fastconv.kernels.engine.native.entry import callable_from_python, head
from fastconv.kernels.engine.native.objects import FIRST
from fastconv.kernels.engine.replay import machine, table
from fastconv.kernels.engine.replay.machine import PROBES, PROGRAMS
from fastconv.kernels.engine.replay.recording import described

pytestmark = pytest.mark.fields

X = np.zeros((3, 4), np.float32)


class ByHand:
    """A table with one program; `probe` slots behind the first one that its arguments are looked for in."""

    def __init__(self, arguments, done, probe=0):
        self.objects = np.full(FIRST + PROGRAMS, None)
        self.objects[:FIRST] = head()
        slot = (table._first_slot(arguments) + probe) % PROGRAMS
        self.program = np.array([0, *described(arguments), *done], np.int64)
        self.objects[FIRST + slot] = self.program
        self.replay = callable_from_python(machine.replay, self.objects)


NOTHING = [0]


@pytest.mark.parametrize("arguments", [(), (None,), (X, 3), ((X, (1, "2")), X.T)], ids=["0", "1", "2", "3"])
def test_a_program_that_makes_nothing_is_for_python(arguments):
    assert ByHand(arguments, NOTHING).replay(*arguments) is NotImplemented


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, 0),
        (1, 2),
        (1, True),
        (1, 1.0),
        (1, 1 + (1 << 64)),
        ((1, 2), (1, 2, 3)),
        ((1, 2), (1, 3)),
        ((1, 2), [1, 2]),
        (X, X.T),
        (X, X[:2]),
        (X, X.astype(np.float64)),
        (X, np.zeros((3, 8), np.float32)[:, ::2]),
        (X, X.view(np.recarray)),
        (X, np.zeros(49, np.uint8)[1:].view(np.float32).reshape(3, 4)),
        (X, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_arguments_do_not_fit(asked, given):
    by_hand = ByHand((None, asked), NOTHING)
    assert by_hand.replay(None, asked) is NotImplemented
    assert by_hand.replay(None, given) is None
    assert by_hand.replay(None, asked, asked) is None


def test_a_program_is_looked_for_in_neighbouring_slots():
    found = [ByHand((X,), NOTHING, probe).replay(X) for probe in range(-1, PROBES + 1)]
    assert found == [None, *[NotImplemented] * PROBES, None]


def test_the_first_slot_depends_on_the_lengths_of_axes():
    first = table._first_slot((X, None))
    assert 0 <= first < PROGRAMS
    assert table._first_slot((X + 1, "other")) == first
    lengths = range(1, 40)
    assert len({table._first_slot((np.zeros((n, 4)), None)) for n in lengths}) == len(lengths)


def test_results_are_made_in_new_memory():
    """An array of NumPy's own, and one whose memory is handed out, turned."""
    memory = [np.arange(6.0), np.arange(6.0)]
    handed = iter(memory)

    def hand_out():
        return next(handed)

    kind = id(np.dtype(np.float64))
    one, other = [0, kind, 1, 5, 8], [id(hand_out), kind, 2, 2, 3, 8, 16]
    by_hand = ByHand((X,), [2, *one, *other, 0, 0, 2, 1, 0])
    results = [by_hand.replay(X) for _ in memory]
    for (turned, plain), owner in zip(results, memory, strict=True):
        assert (plain.shape, plain.strides) == ((5,), (8,))
        assert (turned.shape, turned.strides) == ((2, 3), (8, 16))
        np.testing.assert_array_equal(turned, owner.reshape(3, 2).T)
        assert np.shares_memory(turned, owner) and turned.base is owner
    assert not np.shares_memory(results[0][1], results[1][1])


@pytest.mark.parametrize(("verdicts", "way"), [([0.0, 0.0], np.ndarray), ([0.0, 2.0], type(None))])
def test_a_verdict_that_is_not_zero_sends_the_call_to_python(verdicts, way):
    memory = np.array(verdicts)

    def hand_out():
        return memory

    made = [id(hand_out), id(memory.dtype), 1, 2, 8]
    result = ByHand((X,), [1, *made, 0, 1, 0, 2, 1, 0]).replay(X)
    assert type(result) is way


def test_a_scalar_is_the_element_of_an_array():
    memory = np.array([2.5])

    def hand_out():
        return memory

    made = [id(hand_out), id(memory.dtype), 0]
    result = ByHand((), [1, *made, 0, 0, 1, -1]).replay()
    assert type(result) is np.float64 and result == 2.5
