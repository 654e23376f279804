"""Keras, where it is installed, on a backend that is."""

import importlib.util
import os
import warnings

import pytest

import fastconv


@pytest.fixture
def keras():
    """Keras; what it warns of is not our matter."""
    installed = [name for name in ("torch", "tensorflow", "jax") if importlib.util.find_spec(name)]
    if not installed or importlib.util.find_spec("keras") is None:
        pytest.skip("compares with Keras, which is not installed")
    os.environ.setdefault("KERAS_BACKEND", installed[0])
    with warnings.catch_warnings(action="ignore"):
        import keras

        yield keras


@pytest.fixture(autouse=True)
def reference():
    """Files are read with h5py; what models compute is not the compiled kernels' matter."""
    pytest.importorskip("h5py")
    with fastconv.backend("reference"):
        yield
