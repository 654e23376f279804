"""A kernel's machine code hands its own jobs to workers."""

import numpy as np
import pytest

from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.engine.jit import SERIAL_WORK, get_num_threads, kernel, set_num_threads


@kernel
def _mark(g, y, pair, scale, first, last):
    """y[job] += of each kind of argument, something."""
    for job in range(first, last):
        y[job] += g.offset + pair[0][job] * scale + pair[1]


@pytest.fixture
def threads():
    before = get_num_threads()
    yield
    set_num_threads(before)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("jobs", [2, 3, 1001])
def test_every_job_once_with_all_arguments(count, jobs, threads):
    if count > get_num_threads():
        pytest.skip("needs two threads")
    set_num_threads(count)
    y, x = np.zeros(jobs), np.arange(float(jobs))
    _mark(jobs, SERIAL_WORK, Geometry(offset=7), y, (x, 3), 0.5)
    np.testing.assert_array_equal(y, 10 + 0.5 * x)


def test_one_machine_code_serves_one_thread_and_many():
    y, x = np.zeros(8), np.arange(8.0)
    for work in (0, SERIAL_WORK):
        _mark(8, work, Geometry(offset=5), y, (x, 3), 0.5)
    np.testing.assert_array_equal(y, 16 + x)
    assert sum("offset=5" in str(signature) for signature in _mark.compiled.signatures) == 1
