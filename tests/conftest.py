"""Settings that hold for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from numba import typeof

from fastconv.kernels.jit import Kernel

ROOT = Path(__file__).resolve().parents[1]

# A child process that a test starts imports the same checkout and draws without a display.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ["MPLBACKEND"] = "Agg"

# The same examples in every run; the first call of a kernel compiles it, so no deadline.
settings.register_profile("fastconv", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("fastconv")


@pytest.fixture(scope="session", autouse=True)
def every_kernel_gets_the_types_it_was_compiled_for():
    """A kernel finds its machine code by few of its arguments' types: in tests, all of them are compared."""
    find = Kernel.entry

    def compared(self, arguments):
        found = find(self, arguments)
        if found is not self.compiled:
            types = tuple(typeof(argument) for argument in (*arguments, 0, 0, 0, 0))
            assert found is self.compiled.overloads[types].entry_point, (self.__name__, types)
        return found

    Kernel.entry = compared
    yield
    Kernel.entry = find
