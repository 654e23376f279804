"""Settings that hold for every test."""

import functools
import os
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import settings

from fastconv import backend, backends, kernels
from fastconv.kernels.engine import jit
from fastconv.kernels.engine.operand import operand_type
from fastconv.nn import Layer
from fastconv.plan.prediction import Prediction

ROOT = Path(__file__).resolve().parents[1]

# A child process that a test starts imports the same checkout and draws without a display.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ["MPLBACKEND"] = "Agg"

# The same examples in every run; the first call of a kernel compiles it, so no deadline.
settings.register_profile("fastconv", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("fastconv")


def pytest_configure(config):
    # Kernels and Matplotlib's list of fonts are kept with pytest's own cache, and the user's is left alone.
    os.environ["NUMBA_CACHE_DIR"] = numba.config.CACHE_DIR = str(config.cache.mkdir("kernels"))
    os.environ["MPLCONFIGDIR"] = str(config.cache.mkdir("matplotlib"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Each worker begins with tests that stand together, whose kernels no other compiles meanwhile."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None


@pytest.fixture(scope="session", autouse=True)
def every_kernel_gets_the_types_it_was_compiled_for():
    """A kernel finds its machine code by its geometry: in tests, the types of all arguments are compared."""
    find = jit.entry_point

    def compared(kernel, arguments):
        found = find(kernel, arguments)
        types = [operand_type(argument) for argument in arguments]

        def run(*given):
            assert [operand_type(argument) for argument in given[:-4]] == types, kernel.__name__
            found(*given)

        arguments[0].entries[kernel] = run
        return run

    jit.entry_point = compared
    yield
    jit.entry_point = find


@pytest.fixture(autouse=True)
def the_process_keeps_its_backend():
    """A test that leaves the twins in force would let those after it test no kernel."""
    yield
    left = backends.name()
    backend("numba")
    assert left == "numba", "the test left another backend in force"


@pytest.fixture
def reference():
    """The NumPy twins, where the kernels are not the point: they would compile for each shape."""
    with backend("reference"):
        yield


@pytest.fixture
def compiled():
    """The kernels, in a folder whose tests run on the twins."""
    with backend("numba"):
        yield


@pytest.fixture(params=["numba", "reference"])
def each_backend(request):
    """Runs a test once with the kernels and once with their NumPy twins."""
    with backend(request.param):
        yield request.param


def assert_same_bits(result, expected):
    assert type(result) is type(expected)
    if isinstance(expected, tuple):
        for one, other in zip(result, expected, strict=True):
            assert_same_bits(one, other)
        return
    assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
    moves = zip(result.shape, result.strides, expected.strides, strict=True)
    assert all(size <= 1 or step == other for size, step, other in moves)
    assert isinstance(result, np.generic) or (result.flags.writeable and result.flags.aligned)
    assert result.tobytes() == expected.tobytes()


@pytest.fixture(scope="session", autouse=True)
def every_plan_gives_the_bits_of_the_layers():
    """What a plan predicts is compared with what the layers compute, whoever asks for it."""
    make, run = Layer._planned, Prediction.__call__

    @functools.wraps(make)
    def remembered(layer, x):
        plan = make(layer, x)
        plan.layers = layer._predicted
        return plan

    @functools.wraps(run)
    def compared(plan, x):
        result = run(plan, x)
        if layers := vars(plan).get("layers"):
            with backends.through(kernels):  # in this thread alone: others go on to run plans
                assert_same_bits(result, layers(x))
        return result

    Layer._planned, Prediction.__call__ = remembered, compared
    yield
    Layer._planned, Prediction.__call__ = make, run
