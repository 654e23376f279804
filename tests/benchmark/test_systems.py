"""Every system does what the reference says, and what does not is found."""

import numpy as np
import pytest

import fastconv
from fastconv.benchmark import check, exact, peers
from fastconv.benchmark.child import Children
from fastconv.benchmark.numpy_peer import NumPy
from fastconv.benchmark.ours import Fastconv, channels_last
from fastconv.benchmark.rows import parse
from fastconv.kernels.conv.table import TABLE

CONV = parse("conv 3 4 7 6 | 6 3 3 | padding=1 | c")


@pytest.fixture(scope="module")
def ours(every_pass):
    """The results of fastconv, without compiling."""
    with fastconv.backend("reference"):
        tasks = [Fastconv().task(row, which) for row, which in every_pass]
        return [task.arrays(task.call()) for task in tasks]


def test_fastconv_computes_what_the_reference_does(every_pass, ours):
    for (row, which), arrays in zip(every_pass, ours, strict=True):
        assert exact.error(arrays, exact.parts(row, which)) < 1e-6, (row.name, which)


def test_numpy_computes_what_the_reference_does(every_pass):
    dense = [(row, which) for row, which in every_pass if row.kind == "dense"]
    assert len(dense) == 6
    for row, which in dense:
        task = NumPy().task(row, which)
        assert exact.error(task.arrays(task.call()), exact.parts(row, which)) < 1e-6, (row.name, which)


TORCH = ("torch", "torch-channels-last", "torch-fused")
OTHERS = ("jax-nchw", "jax-nhwc", "onnxruntime")


@pytest.mark.parametrize(
    "system", [*(pytest.param(name, marks=pytest.mark.torch) for name in TORCH), *OTHERS]
)
def test_a_peer_computes_what_fastconv_does(every_pass, ours, system, monkeypatch):
    package = peers.package(system)
    if package not in peers.installed():
        pytest.skip(f"{package} is not installed")
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=0")  # which compiles JAX's sooner
    with Children(1) as children:
        for (row, which), arrays in zip(every_pass, ours, strict=True):
            if system not in peers.systems(row.kind, which, [package]):
                continue
            reply = children.ask(system, "prepare", line=row.line, which=which)
            assert check.difference(check.fingerprint(arrays), reply["fingerprint"]) == "", (row.name, which)
            assert ("memory" in reply) == (row.kind == "network")
            assert children.ask(system, "turn", seconds=0)["seconds"] > 0


@pytest.mark.parametrize("which", ["forward", "input", "weight"])
def test_wrong_numbers_are_found(which):
    wanted = exact.parts(CONV, which)
    with fastconv.backend("reference"):
        task = Fastconv().task(CONV, which)
        right = task.arrays(task.call())
    for wrong in (right[0] * 1.01, right[0] + 0.01, np.flip(right[0], 1), right[0] * np.nan):
        assert not exact.error([wrong], wanted) < check.TOLERANCE
        assert check.difference(check.fingerprint(right), check.fingerprint([wrong]))
    assert exact.error([right[0][..., :1]], wanted) == np.inf


def test_a_task_says_which_algorithm_computes_it():
    assert Fastconv().task(CONV, "weight").algorithm in {row.name for row in TABLE}


def test_images_are_channels_last():
    x = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    y = channels_last(x)
    np.testing.assert_array_equal(x, y)
    assert y.transpose(0, 2, 3, 1).flags.c_contiguous
