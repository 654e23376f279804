"""Settings that hold for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from fastconv.kernels import jit
from fastconv.kernels.operand import operand_type

ROOT = Path(__file__).resolve().parents[1]

# A child process that a test starts imports the same checkout and draws without a display.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ["MPLBACKEND"] = "Agg"

# The same examples in every run; the first call of a kernel compiles it, so no deadline.
settings.register_profile("fastconv", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("fastconv")


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
