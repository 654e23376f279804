"""The words of a program: what arguments have to be, what is made of what kind, and what is returned."""

import threading
from itertools import chain

import numpy as np
import pytest

from fastconv import kernels
from fastconv.kernels.engine.replay import recording
from fastconv.kernels.engine.replay.machine import ARRAY, INTEGER, OBJECTS, SAME, TUPLE
from fastconv.kernels.engine.replay.recording import OWN_THREAD, Recording, UnrepeatableError, described

FLOAT = np.dtype(np.float32)


def made(*shape):
    return np.zeros(shape, FLOAT)


def words_of(array):
    return [id(array.dtype), array.ndim, *array.shape, *array.strides]


@pytest.fixture
def call():
    """The recording of a call without arguments, which has made two arrays."""
    done = Recording(())
    done.note_array(made(2, 3), None)
    done.note_array(made(4), made)
    return done


def program(arrays=(), verdicts=(), results=()):
    """The words of a program without arguments and kernels."""
    listed = [[len(rows), *chain(*rows)] for rows in (arrays, (), verdicts)]
    return [0, 0, *chain(*listed), len(results), *results]


def test_arguments_are_written_down_by_kind():
    x = made(3, 4).T
    assert described((None, 7, x)) == [
        3, SAME, id(None), INTEGER, id(int), 7, ARRAY, id(np.ndarray), *words_of(x)
    ]  # fmt: skip
    assert described(((2, True),)) == [1, TUPLE, id(tuple), 2, INTEGER, id(int), 2, SAME, id(True)]
    assert described((kernels, "same")) == [2, SAME, id(kernels), SAME, id("same")]


@pytest.mark.parametrize(
    "value",
    [
        1 << 62,
        np.float32(1),
        [1],
        made(2).view(np.recarray),
        np.zeros(2, [("field", np.float32)]),
        np.zeros(2, np.dtype(np.float32).newbyteorder()),
        (1, [2]),
    ],
)
def test_what_has_no_kind_of_these_is_not_written_down(value):
    with pytest.raises(UnrepeatableError):
        described((value,))
    with pytest.raises(UnrepeatableError):
        Recording((value,)).program(made(1))


def test_an_array_is_made_as_it_is_returned(call):
    first, second = (array for array, _ in call.made)
    turned = first.T.reshape(3, 2, 1)
    expected = [[0, *words_of(turned)], [id(made), *words_of(second)]]
    assert call.program(turned) == program(arrays=expected, results=[0])
    assert call.program((second, turned)) == program(arrays=expected, results=[1, 0])


def test_the_only_element_of_an_array_may_be_returned(call):
    total = made(1)
    call.note_array(total, None)
    scalar = total[0]
    call.note_scalar(total, scalar)
    arrays = [[0, *words_of(call.made[0].array)], [id(made), *words_of(call.made[1].array)]]
    assert call.program(scalar) == program(arrays=[*arrays, [0, id(FLOAT), 0]], results=[-3])


def test_verdicts_are_looked_at_where_they_were_made(call):
    first, second = (array for array, _ in call.made)
    call.note_verdicts(second)
    arrays = [[0, *words_of(first)], [id(made), *words_of(second)]]
    assert call.program(first) == program(arrays=arrays, verdicts=[[1, 4]], results=[0])


def test_what_cannot_be_replayed_makes_nothing(call):
    """Results that were not made, or are a part of it; too many arrays; what was found out in the call."""
    whole = call.made[0].array
    assert call.program(whole)[2] == 2
    for result in (whole[:1], made(2, 3), 1.0, whole[:0]):
        assert call.program(result) == [0, 0, 0]
    call.repeatable = False
    assert call.program(whole) == [0, 0, 0]
    call.repeatable = True
    while len(call.made) <= OBJECTS:
        call.note_array(made(1), None)
    assert call.program(whole) == [0, 0, 0]


def test_much_work_lets_other_threads_run(call):
    result = call.made[0].array
    for work, nogil in ((OWN_THREAD, 0), (OWN_THREAD + 1, 1)):
        call.work = work
        assert call.program(result)[0] == nogil


def test_a_recording_is_that_of_its_thread(call, monkeypatch):
    assert recording.of_this_thread() is None
    monkeypatch.setattr(recording, "current", call)
    assert recording.of_this_thread() is call
    seen = []
    other = threading.Thread(target=lambda: seen.append(recording.of_this_thread()))
    other.start()
    other.join()
    assert seen == [None]
