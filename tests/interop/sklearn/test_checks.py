"""All that scikit-learn's `check_estimator` runs, with the default arguments, and nothing exempted."""

import pytest

pytest.importorskip("sklearn")
checks = pytest.importorskip("sklearn.utils.estimator_checks")
interop = pytest.importorskip("fastconv.interop.sklearn")

KINDS = interop.ConvClassifier, interop.ConvRegressor
CHECKS = [pair for kind in KINDS for pair in checks.estimator_checks_generator(kind())]


@pytest.mark.parametrize(
    ("estimator", "check"), CHECKS, ids=[f"{type(e).__name__}-{check.func.__name__}" for e, check in CHECKS]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)
