"""Threads: the same bits at any number of them, on any layer, from many Python threads and after a fork."""

import os
import subprocess
import sys
from itertools import pairwise

import pytest

from fastconv.kernels.engine import jit

DIGESTS = """
import hashlib
import numpy as np
from fastconv import kernels, set_num_threads
rng = np.random.default_rng(0)
def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)
x, w, b = normal(5, 6, 40, 40), normal(20, 6, 3, 3), normal(20)
image, v = normal(1, 24, 30, 30), normal(40, 24, 3, 3)
square, f = normal(3, 32, 26, 21), normal(64, 32, 3, 3)  # by Winograd's algorithm
deep, g = normal(2, 40, 19, 18), normal(40, 1, 3, 3)
wide = normal(1, 256, 30, 30)
a, m = normal(130, 700), normal(90, 700)
def results():
    y = kernels.conv2d(x, w, b, padding=1)
    yield y
    yield kernels.conv2d_input(x.shape, w, y, padding=1)
    yield kernels.conv2d_weight(x, w.shape, y, padding=1)
    yield kernels.conv2d_bias(y)
    z = kernels.conv2d(image, v)
    yield z
    yield kernels.conv2d_weight(image, v.shape, z)
    t = kernels.conv2d(square, f, padding=1)
    yield t
    yield kernels.conv2d_input(square.shape, f, t, padding=1)
    yield kernels.conv2d_weight(square, f.shape, t, padding=1)
    d = kernels.conv2d(deep, g, padding=1, groups=40)
    yield d
    yield kernels.conv2d_input(deep.shape, g, d, padding=1, groups=40)
    yield kernels.conv2d_weight(deep, g.shape, d, padding=1, groups=40)
    pooled, indices = kernels.max_pool2d(y, 3, 2, return_indices=True)
    yield pooled
    yield kernels.max_pool2d_input(pooled, indices, y.shape)
    for means, window in ((kernels.avg_pool2d(y, 3, 2, 1), (3, 2, 1)), (kernels.avg_pool2d(y, 7), (7,))):
        yield means
        yield kernels.avg_pool2d_input(means, y.shape, *window)
    for size in ((1, 1), (6, 7)):
        means = kernels.adaptive_avg_pool2d(wide, size)
        yield means
        yield kernels.adaptive_avg_pool2d_input(means, wide.shape)
    out = kernels.linear(a, m)
    yield out
    yield kernels.linear(a[:50], m)  # whose lanes run along the sum, in blocks
    yield kernels.linear_input(m, out)
    yield kernels.linear_weight(a, out)
    yield kernels.linear_bias(out)
    yield kernels.sigmoid(y)
    yield kernels.softmax(y, 1)
    yield np.asarray(kernels.mse_loss(y, y[::-1]))
"""

AT_EVERY_COUNT = (
    DIGESTS
    + """
from concurrent.futures import ThreadPoolExecutor
from fastconv.kernels.engine.jit import threading_layer
def digest(_):
    return hashlib.sha256(b"".join(r.tobytes() for r in results())).hexdigest()
digests = set()
for threads in (1, 3, 8, 2):
    set_num_threads(threads)
    digests.add(digest(threads))
with ThreadPoolExecutor(4) as pool:
    digests.update(pool.map(digest, range(12)))
print(threading_layer(), *digests)
"""
)

AFTER_A_FORK = (
    DIGESTS
    + """
import os, sys
def digest():
    return hashlib.sha256(b"".join(r.tobytes() for r in results())).hexdigest()
first = digest()
child = os.fork()
if child == 0:
    os._exit(0 if digest() == first else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
)


def python(code, **environment):
    result = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code], env={**os.environ, **environment},
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_the_same_bits_at_any_thread_count_from_many_python_threads_and_on_any_layer():
    """A layer that does not load leaves one thread, with one warning."""
    outputs = {}
    for layer in ("omp", "workqueue", "tbb"):
        name, *digests = python(AT_EVERY_COUNT, NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS="8")
        assert name in (layer, "none")
        outputs[layer] = digests
    assert all(len(digests) == 1 for digests in outputs.values()), outputs
    assert len({digests[0] for digests in outputs.values()}) == 1, outputs


FIRST_CALLS = """
import threading
import numpy as np
import fastconv as fc
x, w = np.ones((8, 33, 16, 16), np.float32), np.ones((33, 33, 3, 3), np.float32)
gate, results = threading.Barrier(8), []
def work():
    gate.wait()
    results.append(fc.functional.conv2d(x, w))
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(results) == 8 and all((y == 297).all() for y in results)
print("done")
"""


@pytest.mark.parametrize("layer", ["workqueue", "omp", "default"])
def test_the_first_calls_of_a_process_may_come_together(layer, tmp_path):
    """Workqueue ends the process when two threads are in a region, be it the one that is looked for."""
    empty = [{"NUMBA_CACHE_DIR": str(tmp_path)}] if layer == "workqueue" else []
    for cache in (*empty, {}):
        assert python(FIRST_CALLS, NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS="4", **cache) == ["done"]


NO_LAYER = """
import numpy as np
from fastconv.kernels.engine import jit
import fastconv as fc
x, w = np.ones((8, 33, 16, 16), np.float32), np.ones((33, 33, 3, 3), np.float32)
for _ in range(3):
    try:
        print((fc.functional.conv2d(x, w) == 297).all())
    except RuntimeWarning:
        print("warned")
print(jit.threading_layer(), jit.workers(8, 1e9))
"""


@pytest.mark.parametrize(("warnings", "first"), [("default", "True"), ("error", "warned")])
def test_a_layer_that_does_not_exist(warnings, first):
    """One warning, which points at the call; where it is an error, the next calls compute."""
    environment = {**os.environ, "NUMBA_THREADING_LAYER": "none such", "NUMBA_NUM_THREADS": "2"}
    result = subprocess.run(
        [sys.executable, "-W", warnings, "-c", NO_LAYER],
        env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert result.stdout.split() == [first, "True", "True", "none", "1"], result.stderr
    said = result.stderr.count("<string>:8: RuntimeWarning: fastconv: kernels run in one thread")
    assert said == (warnings == "default")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_computes():
    assert python(AFTER_A_FORK) == ["0"]


@pytest.mark.parametrize("value", [0, -1, 10**6])
def test_a_wrong_number_of_threads(value):
    with pytest.raises(ValueError, match=f"set_num_threads: threads: got {value}, needs 1 to"):
        jit.set_num_threads(value)


@pytest.mark.parametrize("value", ["2", 1.0, True, None])
def test_threads_that_are_no_number(value):
    with pytest.raises(TypeError, match=r"set_num_threads: threads: got .*, needs an integer"):
        jit.set_num_threads(value)


def test_jobs_are_shared_without_gap_or_overlap():
    for jobs in (0, 1, 5, 8, 100):
        for workers in (1, 2, 3, 7):
            bounds = [jit.share.py_func(jobs, workers, worker) for worker in range(workers)]
            assert bounds[0][0] == 0 and bounds[-1][1] == jobs
            assert all(a[1] == b[0] for a, b in pairwise(bounds))


def test_small_work_stays_in_the_thread():
    assert jit.workers(100, jit.SERIAL_WORK - 1) == 1
