"""The operations are tested on the reference; the kernels are compared with it elsewhere."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _twins(reference):
    """Each operation runs on the twins."""


def _misaligned(array):
    buffer = bytearray(1 + array.nbytes)
    copy = np.frombuffer(buffer, dtype=array.dtype, offset=1).reshape(array.shape)
    copy[...] = array
    return copy


def _read_only(array):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


@pytest.fixture(
    params=[
        lambda array: array.astype(array.dtype.newbyteorder("S")),
        _misaligned,
        _read_only,
        lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
        lambda array: array.T.copy().T,
        lambda array: array[..., ::-1].copy()[..., ::-1],
    ],
    ids=["swapped bytes", "misaligned", "read-only", "every other", "column-major", "backwards"],
)
def disguised(request):
    """Bring the values of an array into an unusual memory layout."""
    return request.param


@pytest.fixture
def assert_refused():
    """Check that a call is refused with this very message."""

    def check(error, message, function, *args, **kwargs):
        with pytest.raises(error) as caught:
            function(*args, **kwargs)
        assert str(caught.value) == message

    return check
