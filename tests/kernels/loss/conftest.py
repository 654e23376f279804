"""What the tests of the losses share."""

import numpy as np
import pytest

from fastconv import kernels, reference


@pytest.fixture(params=[np.float32, np.float64])
def dtype(request):
    return request.param


@pytest.fixture
def agree():
    """A function that compares a loss or its gradient with the reference.

    Losses are summed in float64 and rounded once, so they agree to one rounding. The gradient of the
    cross-entropy takes its exponentials in the type of the logits: within 2 units of the last place, and one
    each for the argument and the result; a probability less its target is as exact as the probability.
    """

    def check(name, dtype, *arguments, **options):
        fast = np.asarray(getattr(kernels, name)(*arguments, **options))
        with np.errstate(all="ignore"):
            exact = np.asarray(getattr(reference, name)(*arguments, **options))
        assert fast.dtype == exact.dtype == dtype and fast.shape == exact.shape
        eps = np.finfo(dtype).eps
        exponentials = name == "cross_entropy_input"
        roundings, atol = (
            (16, 4 * eps) if dtype == np.float64 else (4, eps) if exponentials else (2, 1e-3 * eps)
        )
        np.testing.assert_allclose(fast, exact, rtol=roundings * eps, atol=atol)

    return check
