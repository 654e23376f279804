"""The CPU that the code is compiled for, and the tiles chosen for it."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from fastconv.kernels.engine import machine

REPORT = """
import json
import numpy as np
from fastconv import kernels
from fastconv.kernels.engine import machine
def integers(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) % 7
x, w, depthwise = integers(2, 5, 9, 9), integers(19, 5, 3, 3), integers(5, 1, 3, 3)
y = kernels.conv2d(x, w, padding=1)
exact = [
    y,
    kernels.conv2d_weight(x, w.shape, y, padding=1),
    kernels.conv2d_input(x.shape, w, y, padding=1),
    kernels.conv2d_input((2, 1, 18, 17), w[:, :1], y, stride=2, padding=1),
    kernels.conv2d(x, depthwise, padding=1, groups=5),
    kernels.conv2d_weight(x, depthwise.shape, x, padding=1, groups=5),
]
wide, filters = integers(2, 32, 26, 21), integers(32, 32, 3, 3)
t = kernels.conv2d(wide, filters, padding=1)
near = [
    t,
    kernels.conv2d_input(wide.shape, filters, t, padding=1),
    kernels.conv2d_weight(wide, filters.shape, t, padding=1),
]
sums = [float(r.astype(float).sum()) for r in exact], [float(r.astype(float).sum()) for r in near]
print(json.dumps([machine.vectors(), *sums]))
"""
AVX2 = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+avx,+fma,+sse4.2,+bmi,+bmi2,+popcnt"}
PLAIN = {"NUMBA_CPU_NAME": "generic"}


def run(**environment):
    result = subprocess.run(
        [sys.executable, "-c", REPORT], env={**os.environ, **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def native():
    """What this machine's own code computes."""
    if machine.vectors().name not in ("AVX-512", "AVX2"):
        pytest.skip("runs x86 code")
    return run()


@pytest.mark.parametrize("environment", [AVX2, PLAIN], ids=["AVX2", "plain"])
def test_one_source_for_other_instruction_sets(environment, native, tmp_path):
    """Small integers are exact, with and without fused multiply-add; Winograd's algorithm comes near."""
    other = run(**environment, NUMBA_CACHE_DIR=str(tmp_path))
    assert other[1] == native[1]
    np.testing.assert_allclose(other[2], native[2], rtol=1e-6)
    expected = {"haswell": ["AVX2", 32, 16, True], "generic": ["plain", 16, 16, False]}
    assert other[0] == expected[environment["NUMBA_CPU_NAME"]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [1, 2, 7, 14, 15, 28, 1000])
@pytest.mark.parametrize("columns", [1, 16, 17, 48, 80, 512])
def test_a_tile_fits_the_registers_and_the_rows(rows, columns, dtype):
    tile = machine.tile(rows, columns, np.dtype(dtype))
    assert tile.lanes == machine.lanes(dtype)
    assert 1 <= tile.rows <= rows
    assert tile.rows * tile.vectors + tile.vectors + 1 <= machine.vectors().registers


def test_a_large_product_fills_the_ports():
    """Enough accumulators to hide the latency of each, and more multiply-adds than loads."""
    tile = machine.tile(1000, 1024, np.dtype(np.float32))
    assert tile.rows * tile.vectors >= machine.LATENCY * machine.PORTS
    assert tile.rows * tile.vectors >= tile.rows + tile.vectors
