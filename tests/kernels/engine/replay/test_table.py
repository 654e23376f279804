"""Recorded calls: found for arguments of their kind alone, replayed without a leak, forgotten in time."""

import gc
import inspect
import pickle
import sys
import threading
import weakref

import numpy as np
import pytest

from fastconv import config, kernels
from fastconv.kernels.engine.geometry import vector
from fastconv.kernels.engine.jit import get_num_threads, kernel, set_num_threads, threading_layer
from fastconv.kernels.engine.native.objects import FIRST
from fastconv.kernels.engine.replay import Table
from fastconv.kernels.engine.replay.machine import OBJECTS, PROGRAMS
from fastconv.kernels.memory import buffers, shelf

pytestmark = pytest.mark.fields

RNG = np.random.default_rng(0)


def normal(*shape, dtype=np.float32):
    return RNG.standard_normal(shape).astype(dtype)


@kernel
def _scale(g, x, y, factor, first, last):
    for i in range(first, last):
        y[i] = factor * x[i]


def scaled(x, options=1, other=None):
    """x times a number that only the kind of the options decides."""
    y = buffers.empty(x.shape, x.dtype)
    factor = float(options) if isinstance(options, int) else 1.0
    _scale(x.size, 0.0, vector(x.dtype), x.ravel(), y.ravel(), factor)
    return y


def record(table, *arguments):
    """What a table does by itself, without the comparison that the tests make of every other call."""
    return inspect.unwrap(Table.record)(table, *arguments)


def missed(table, *arguments):
    return table.replay(None, *arguments) is None


@pytest.fixture
def table():
    return Table(scaled)


def test_a_recorded_call_is_replayed_on_other_numbers(table):
    x = normal(3, 5)
    assert missed(table, x)
    record(table, None, normal(3, 5))
    np.testing.assert_array_equal(table.replay(None, x), x)


def test_what_the_call_got_it_returns_itself(table):
    x = normal(7)
    np.testing.assert_array_equal(record(table, None, x, 3), 3 * x)


@pytest.mark.parametrize(
    "other",
    [
        normal(5, 3),
        normal(15),
        normal(3, 5, 1),
        normal(3, 5, dtype=np.float64),
        normal(3, 5).astype(">f4"),
        normal(5, 3).T,
        normal(3, 10)[:, ::2],
        normal(3, 5)[::-1],
        np.frombuffer(bytes(61), np.float32, 15, 1).reshape(3, 5),
        normal(3, 5).view(np.recarray),
        [[1.0] * 5] * 3,
        None,
        3,
    ],
    ids=lambda value: type(value).__name__,
)
def test_arrays_of_another_kind_are_not_mistaken(table, other):
    record(table, None, normal(3, 5))
    assert missed(table, other)


def test_a_type_of_its_own_is_not_written_down(table):
    """Unpickled arrays have one each, and another may lie in its place later."""
    x = pickle.loads(pickle.dumps(normal(3, 5)))
    assert x.dtype is not np.dtype(np.float32)
    np.testing.assert_array_equal(record(table, None, x), x)
    assert missed(table, x)
    assert all(program is None for program in table._objects[FIRST:])


SOME = (1, 7, 300, -1, True, None, "same", (1, 2), (300, 2), ((1, 2), (0, 300)), (), (None, 2))


@pytest.mark.parametrize("option", SOME)
def test_options_are_compared_by_value_and_type(table, option):
    x = normal(4)
    record(table, None, x, option)
    assert not missed(table, x, option)
    equal = eval(repr(option), {})
    if not isinstance(option, str):
        assert not missed(table, x, equal), "an equal object elsewhere in memory"
    for other in (*SOME, 1.0, 2**63 - 1, 2**64, -(2**64), [1, 2], (1, 2, 0), (1,), np.int64(1), x, False):
        if other is not option and (type(other) is not type(option) or other != option):
            assert missed(table, x, other), other


def test_the_context_and_the_number_of_arguments_count(table):
    x = normal(4)
    record(table, "here", x, 1)
    assert table.replay("here", x, 1) is not None
    assert table.replay("there", x, 1) is None
    assert table.replay("here", x) is None
    assert table.replay("here", x, 1, None) is None


@pytest.mark.parametrize("x", [normal(5), normal(30000)], ids=["small", "recycled"])
def test_nothing_leaks(table, x):
    option = (1000, 2000)
    record(table, None, x, option)
    gc.collect()
    before = [sys.getrefcount(thing) for thing in (x, option, x.dtype, None, np.ndarray)]
    results = [table.replay(None, x, option) for _ in range(1000)]
    assert all(result.base is None or x.nbytes >= buffers.SMALL for result in results)
    gone = weakref.ref(results[0])
    del results
    gc.collect()
    assert gone() is None
    shelf.release()
    after = [sys.getrefcount(thing) for thing in (x, option, x.dtype, None, np.ndarray)]
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) < 500


def test_a_recording_keeps_no_array_alive(table):
    x = normal(30000)
    result = record(table, None, x)
    gone = weakref.ref(x), weakref.ref(result)
    del x, result
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def test_results_have_memory_of_their_own(table):
    x = normal(30000)
    record(table, None, x)
    results = [table.replay(None, x) for _ in range(5)]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(results) for b in results[:i])
    assert all(result.ctypes.data % 64 == 0 for result in results)


def test_no_memory_is_an_exception(table, monkeypatch):
    x = normal(30001)
    record(table, None, x)
    shelf.release()

    def refuse(size):
        raise MemoryError("none left")

    monkeypatch.setattr(shelf, "fresh", refuse)
    before = sys.getrefcount(x)
    with pytest.raises(MemoryError, match="none left"):
        table.replay(None, x)
    assert sys.getrefcount(x) <= before


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x * 2,
        lambda x: scaled(x * 2),
        lambda x: scaled(x) + 1,
        lambda x: float(scaled(x).sum()),
        lambda x: scaled(x)[:2],
        lambda x: (scaled(x), x),
        lambda x: x,
        lambda x: scaled(np.ones(x.shape, x.dtype)),
    ],
)
def test_what_numpy_computes_is_not_replayed(wrong):
    table, x = Table(wrong), normal(6)
    expected = record(table, None, x)
    assert table.replay(None, x) is NotImplemented
    np.testing.assert_equal(expected, wrong(x))


def test_the_same_memory_twice_is_not_replayed():
    table, x = Table(lambda x, y: scaled(y)), normal(8)
    for first, second in ((x, x), (x, x[2:7])):
        record(table, None, first, second)
        assert table.replay(None, first, second) is NotImplemented


def test_empty_arrays_are_not_replayed(table):
    x = np.empty((0, 3), np.float32)
    record(table, None, x)
    assert table.replay(None, x) is NotImplemented


@kernel
def _first(g, x, limit, verdicts, result, first, last):
    for job in range(first, last):
        verdicts[job] = x[job] > limit
    result[0] = x[0]


def first_of_small(x):
    """The first number, unless one is larger than 5."""
    verdicts, result = buffers.empty((x.size,), np.dtype(np.int64)), buffers.empty((1,), x.dtype)
    _first(x.size, 0.0, vector(x.dtype), x, 5.0, verdicts, result)
    return None if buffers.failed(verdicts) else buffers.scalar(result)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_scalar_is_a_scalar_again(dtype):
    table = Table(first_of_small)
    record(table, None, np.ones(4, dtype))
    value = table.replay(None, np.arange(2, 6).astype(dtype))
    assert type(value) is dtype and value == 2


def test_what_a_kernel_cannot_do_goes_to_python():
    table, x = Table(first_of_small), np.ones(4, np.float32)
    record(table, None, x)
    before = sys.getrefcount(x)
    for place in range(4):
        x[place] = 6
        assert table.replay(None, x) is None
        x[place] = 1
        assert table.replay(None, x) == 1
    assert sys.getrefcount(x) == before


def test_a_failed_call_is_no_program():
    table = Table(first_of_small)
    record(table, None, np.full(4, 7.0))
    assert table.replay(None, np.full(4, 7.0)) is NotImplemented


def test_more_arrays_than_a_program_holds():
    def many(x):
        return [scaled(x) for _ in range(OBJECTS)][-1]

    table, x = Table(many), normal(4)
    record(table, None, x)
    assert table.replay(None, x) is NotImplemented


def test_an_error_is_not_recorded(table):
    with pytest.raises(AttributeError):
        record(table, None, "no array")
    assert missed(table, "no array")
    x = normal(4)
    record(table, None, x)
    assert not missed(table, x), "the next call is"


def test_more_programs_than_places(table):
    arrays = [normal(1 + i % 40, 1 + i // 40) for i in range(PROGRAMS + 200)]
    for x in arrays:
        record(table, None, x)
    found = 0
    for x in arrays:
        result = table.replay(None, x)
        if result is not None:
            found += 1
            np.testing.assert_array_equal(result, x)
    assert PROGRAMS // 2 < found <= PROGRAMS


def test_threads_and_settings_forget_all(table):
    x, before = normal(4), get_num_threads()
    for change in (
        lambda: set_num_threads(1),
        lambda: set_num_threads(before),
        lambda: config(winograd=True),
    ):
        record(table, None, x)
        assert not missed(table, x)
        change()
        assert missed(table, x)


def test_a_change_while_a_call_is_recorded():
    def changing(x):
        set_num_threads(get_num_threads())
        return scaled(x)

    table, x = Table(changing), normal(4)
    record(table, None, x)
    assert missed(table, x)


def test_many_threads_replay_and_forget(table):
    arrays = [normal(200 * (1 + i)) for i in range(40)]
    wrong, stop = [], threading.Event()

    def work():
        for _ in range(30):
            for x in arrays:
                result = table.replay(None, x, 2)
                if result is None:
                    result = record(table, None, x, 2)
                if not np.array_equal(result, 2 * x):
                    wrong.append(x.size)

    def disturb():
        while not stop.is_set():
            set_num_threads(get_num_threads())

    workers = [threading.Thread(target=work) for _ in range(4)]
    other = threading.Thread(target=disturb)
    for thread in (*workers, other):
        thread.start()
    for thread in workers:
        thread.join()
    stop.set()
    other.join()
    assert not wrong


def test_only_the_thread_that_records_is_noted():
    x, y = normal(9), normal(9)
    noise = threading.Thread(target=lambda: kernels.relu(y))

    def together(x):
        noise.start()
        noise.join()
        return scaled(x)

    table = Table(together)
    record(table, None, x)
    np.testing.assert_array_equal(table.replay(None, x), x)


def test_work_for_many_threads_is_replayed_in_many():
    def large(x):
        y = buffers.empty(x.shape, x.dtype)
        _scale(x.size, 1e8, vector(x.dtype), x, y, 3.0)
        return y

    table, x = Table(large), normal(100_000)
    record(table, None, normal(100_000))
    if threading_layer() == "workqueue":  # whose regions need a lock of Python's
        assert table.replay(None, x) is NotImplemented
    else:
        np.testing.assert_array_equal(table.replay(None, x), 3 * x)
