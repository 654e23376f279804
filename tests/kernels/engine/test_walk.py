"""Launches run one after another on the addresses that they are given."""

import numpy as np

from fastconv import kernels
from fastconv.kernels.engine import jit, trace
from fastconv.kernels.engine.walk import address, aim, walk, walk_settled


def steps_of(function, *arguments):
    found = trace.Trace()
    with trace.tracing(found):
        function(*arguments)
    rows, alive, places = [], [], []
    for launch in found.launches:
        task, words, arrays = launch.laid_out(*jit.entry_points([launch]))
        alive.append(np.array(words, np.int64))
        places.append({array.ctypes.data: alive[-1].ctypes.data + 8 * index for index, array in arrays})
        rows.append((task, launch.jobs, launch.workers, launch.region, alive[-1].ctypes.data))
    return np.array(rows, np.int64), places, alive, found


def test_steps_run_on_other_memory():
    x = np.zeros((40, 500), np.float32)
    steps, (places,), alive, found = steps_of(kernels.relu, x)
    other = np.random.default_rng(0).standard_normal(x.shape).astype("f4")
    y = np.empty_like(other)
    patches = np.array([(places[x.ctypes.data], 0, 0), (places[found.made[0].ctypes.data], 1, 0)], np.int64)
    walk(steps, patches, np.array([address(other), address(y)]))
    np.testing.assert_array_equal(y, np.maximum(other, 0))
    assert alive


def test_what_settles_runs_where_the_digest_differs():
    words, held = np.zeros(2, np.int64), np.zeros(1, np.int64)
    x, y = np.array([-3, 4], np.float32), np.zeros(2, np.float32)
    steps, (places,), alive, found = steps_of(kernels.relu, x)
    patches = np.array([(places[found.made[0].ctypes.data], 0, 0)], np.int64)
    both = np.concatenate([steps, steps])
    digest = np.ones(1, np.int64)  # the first step stands for what finds it
    walk_settled(both, patches, np.array([address(y)]), 2, digest, held)
    assert y.tolist() == [0, 4] and held[0] == 1
    assert words.size and alive


def test_addresses():
    for array in (np.zeros(3), np.zeros((2, 3, 4, 5), np.float32)[:, ::2], np.zeros((), np.int64)):
        assert address(array) == array.ctypes.data


def test_three_at_once():
    bases, arrays = np.zeros(3, np.int64), (np.zeros(3), np.zeros((1, 2), np.float32), np.zeros(2, np.int64))
    aim(bases, *arrays)
    assert bases.tolist() == [array.ctypes.data for array in arrays]
