"""What is traced is noted and not done."""

import threading

import numpy as np
import pytest

from fastconv import kernels
from fastconv.kernels.engine import jit, machine, trace
from fastconv.kernels.memory import buffers

FLOAT = np.dtype(np.float32)


def traced(function, *arguments):
    found = trace.Trace()
    with trace.tracing(found):
        result = function(*arguments)
    return found, result


def test_launches_are_noted_and_nothing_is_computed():
    x = np.full((4, 5), -1, FLOAT)
    found, y = traced(kernels.relu, x)
    (launch,) = found.launches
    assert launch.jobs == 1 and launch.workers == 1
    assert any(
        np.shares_memory(x, argument) for argument in launch.arguments if isinstance(argument, np.ndarray)
    )
    assert len(found.made) == 1 and np.shares_memory(found.made[0], y)
    task, words, places = launch.laid_out(*jit.entry_points([launch]))
    assert task and {array.ctypes.data for _, array in places} == {x.ctypes.data, y.ctypes.data}
    for index, array in places:
        assert words[index] == array.ctypes.data
    assert trace.of_this_thread() is None


def test_arrays_of_a_trace_begin_a_line_and_are_read_only():
    def make():
        return [buffers.empty((size,), FLOAT) for size in (1, 1000, 100_000)]

    _, arrays = traced(make)
    for array in arrays:
        assert array.ctypes.data % machine.LINE == 0
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_what_else_is_noted():
    def run():
        verdicts = buffers.empty((2,), np.dtype(np.int64))
        assert buffers.failed(verdicts) is False
        buffers.scalar(buffers.empty((1,), FLOAT))
        buffers.settled(buffers.empty((3,), FLOAT))
        buffers.cannot_be_planned("so")
        buffers.filled((2,), FLOAT, lambda: np.ones(2, FLOAT))
        return buffers.given(1.0, 2.0)

    found, numbers = traced(run)
    assert [array.shape for array in [*found.verdicts, *found.numbers, found.settled[0][0]]] == [
        (2,),
        (1,),
        (3,),
    ]
    assert found.refused == "so"
    assert found.given[0] is numbers and numbers.tolist() == [1, 2]
    assert found.filled[0][0].shape == (2,) and found.filled[0][1]().tolist() == [1, 1]


def test_other_threads_compute_meanwhile():
    x, results = np.array([-1, 2], FLOAT), []

    def run():
        thread = threading.Thread(target=lambda: results.append(kernels.relu(x)))
        thread.start()
        thread.join()

    found, _ = traced(run)
    assert results[0].tolist() == [0, 2]
    assert not found.launches


def test_an_error_ends_the_trace():
    with pytest.raises(ZeroDivisionError):
        traced(lambda: 1 / 0)
    assert trace.current is None


def test_settings_renew_the_age():
    before = trace.age
    trace.renew()
    assert trace.age is not before
