import numpy as np
import pytest

from fastconv import functional, grad, reference

rng = np.random.default_rng(0)
X = rng.standard_normal((5, 4)).astype(np.float32)
LABELS = np.array([3, 0, 1, -100, 2])
P = rng.random((5, 4)).astype(np.float32)
CLASS_WEIGHT = np.array([0.5, 2, 1, 3], np.float32)

CROSS_ENTROPY = [functional.cross_entropy, grad.cross_entropy_input]
NLL = [functional.nll_loss, grad.nll_loss_input]
REDUCTIONS = ["none", "mean", "sum"]


def of_reference(function):
    return getattr(reference, function.__name__)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("target", [LABELS, P], ids=["labels", "probabilities"])
@pytest.mark.parametrize("function", CROSS_ENTROPY)
def test_cross_entropy_is_that_of_the_backend(function, target, reduction, disguised):
    arguments = {"ignore_index": -100, "reduction": reduction, "label_smoothing": 0.1}
    result = function(disguised(X), disguised(target), disguised(CLASS_WEIGHT), **arguments)
    assert result.dtype == np.float32
    np.testing.assert_allclose(
        result, of_reference(function)(X, target, CLASS_WEIGHT, **arguments), rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("kind", ["labels", "probabilities"])
def test_classes_may_lie_before_further_axes(kind, reduction):
    x = rng.standard_normal((2, 4, 3, 5))
    labels = rng.integers(0, 4, (2, 3, 5))
    target = labels if kind == "labels" else rng.random(x.shape)
    rows = x.transpose(0, 2, 3, 1).reshape(-1, 4)
    row_target = labels.ravel() if kind == "labels" else target.transpose(0, 2, 3, 1).reshape(-1, 4)
    loss = functional.cross_entropy(x, target, reduction=reduction)
    expected = reference.cross_entropy(rows, row_target, reduction=reduction)
    np.testing.assert_array_equal(loss, expected.reshape(2, 3, 5) if reduction == "none" else expected)
    gradient = grad.cross_entropy_input(x, target, reduction=reduction)
    expected = reference.cross_entropy_input(rows, row_target, reduction=reduction)
    np.testing.assert_array_equal(gradient, expected.reshape(2, 3, 5, 4).transpose(0, 3, 1, 2))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_one_sample_without_a_batch(reduction):
    for target, batch in [(np.array(2), np.array([2])), (P[0], P[:1])]:
        loss = functional.cross_entropy(X[0], target, reduction=reduction)
        assert loss.shape == ()
        assert loss == functional.cross_entropy(X[:1], batch, reduction="sum")
        gradient = grad.cross_entropy_input(X[0], target, reduction=reduction)
        np.testing.assert_array_equal(gradient, grad.cross_entropy_input(X[:1], batch)[0])


@pytest.mark.parametrize("shape", [(0, 4), (0, 4, 3), (2, 4, 0)], ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_of_nothing(reduction, shape):
    x = np.zeros(shape)
    labels = np.zeros((shape[0], *shape[2:]), np.int64)
    for target in (labels, x):
        loss = functional.cross_entropy(x, target, reduction=reduction)
        np.testing.assert_array_equal(loss, {"none": labels, "mean": np.nan, "sum": 0}[reduction])
        assert grad.cross_entropy_input(x, target, reduction=reduction).shape == shape


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_labels_of_any_integer_type(dtype):
    labels = np.array([3, 0, 1, 1, 2])
    assert functional.cross_entropy(X, labels.astype(dtype)) == functional.cross_entropy(X, labels)


NEEDS_LABELS = "integers of shape (5,) as class labels"
NEEDS_C = "(C,), (N, C) or (N, C, d1, ...) with at least one class"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": X.tolist()}, TypeError, "input: got list, needs a numpy.ndarray"),
        ({"input": X[0, 0, ...]}, ValueError, f"input: got shape (), needs {NEEDS_C}"),
        ({"input": X[:, :0]}, ValueError, f"input: got shape (5, 0), needs {NEEDS_C}"),
        ({"target": LABELS.tolist()}, TypeError, "target: got list, needs a numpy.ndarray"),
        (
            {"target": LABELS > 0},
            TypeError,
            f"target: got bool, needs {NEEDS_LABELS}; target.astype(np.int64) would fit",
        ),
        (
            {"target": LABELS[1:]},
            ValueError,
            "target: got shape (4,), needs (5,) as class labels or (5, 4) as probabilities, to match input",
        ),
        (
            {"target": LABELS[:, None]},
            ValueError,
            f"target: got int64 of shape (5, 1), needs {NEEDS_LABELS}; target[:, 0] would fit",
        ),
        (
            {"target": LABELS[:, None].astype(float)},
            ValueError,
            f"target: got float64 of shape (5, 1), needs {NEEDS_LABELS}; "
            "target[:, 0].astype(np.int64) would fit",
        ),
        (
            {"target": np.eye(4, dtype=np.int32)[LABELS.clip(0)]},
            ValueError,
            f"target: got int32 of shape (5, 4), needs {NEEDS_LABELS}; target.argmax(axis=1) would fit",
        ),
        (
            {"input": X[0], "target": np.eye(4, dtype=bool)[0]},
            ValueError,
            "target: got bool of shape (4,), needs integers of shape () as class labels; "
            "target.argmax(axis=0) would fit",
        ),
        (
            {"target": np.array([*"catch"])},
            TypeError,
            f"target: got <U1, needs {NEEDS_LABELS}; "
            "np.searchsorted(classes, target) with classes = np.unique(training labels) would fit",
        ),
        ({"target": LABELS + 1}, ValueError, "target: got 4 at index 0, needs 0 to 3, or ignore_index=-100"),
        ({"ignore_index": 2}, ValueError, "target: got -100 at index 3, needs 0 to 3, or ignore_index=2"),
        (
            {"target": P.astype(float)},
            TypeError,
            "target: got float64, needs float32 to match input; target.astype(np.float32) would fit",
        ),
        (
            {"target": P[:, 0]},
            TypeError,
            f"target: got float32, needs {NEEDS_LABELS}",
        ),
        (
            {"target": P, "ignore_index": 2},
            ValueError,
            "ignore_index: got 2, needs a negative number where the target is probabilities",
        ),
        ({"ignore_index": 1.0}, TypeError, "ignore_index: got 1.0, needs an integer"),
        (
            {"weight": CLASS_WEIGHT[1:]},
            ValueError,
            "weight: got shape (3,), needs (4,), one value for each class of input (5, 4)",
        ),
        (
            {"weight": CLASS_WEIGHT.astype(float)},
            TypeError,
            "weight: got float64, needs float32 to match input",
        ),
        ({"reduction": "avg"}, ValueError, "reduction: got 'avg', needs 'none', 'mean' or 'sum'"),
        ({"label_smoothing": 1.5}, ValueError, "label_smoothing: got 1.5, needs a number from 0 to 1"),
        ({"label_smoothing": True}, TypeError, "label_smoothing: got True, needs a number"),
    ],
)
@pytest.mark.parametrize("function", CROSS_ENTROPY)
def test_wrong_arguments_of_cross_entropy(function, arguments, error, message, assert_refused):
    arguments = {"input": X, "target": LABELS, **arguments}
    assert_refused(error, f"{function.__name__}: {message}", function, **arguments)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("function", NLL)
def test_nll_is_that_of_the_backend(function, reduction, disguised):
    arguments = {"ignore_index": -100, "reduction": reduction}
    result = function(disguised(X), disguised(LABELS), disguised(CLASS_WEIGHT), **arguments)
    assert result.dtype == np.float32
    expected = of_reference(function)(X, LABELS, CLASS_WEIGHT, **arguments)
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(4,), (5, 4), (2, 4, 3), (2, 4, 3, 5), (0, 4)], ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_nll_of_log_softmax_is_cross_entropy(shape, reduction):
    x = rng.standard_normal(shape)
    axis = min(1, len(shape) - 1)
    target = np.asarray(rng.integers(0, 4, shape[:axis] + shape[axis + 1 :]))
    y = functional.log_softmax(x, axis)
    loss = functional.nll_loss(y, target, reduction=reduction)
    np.testing.assert_allclose(loss, functional.cross_entropy(x, target, reduction=reduction), rtol=1e-13)
    gradient = grad.log_softmax_input(y, grad.nll_loss_input(y, target, reduction=reduction), axis)
    expected = grad.cross_entropy_input(x, target, reduction=reduction)
    np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": X[:, :0]}, ValueError, f"input: got shape (5, 0), needs {NEEDS_C}"),
        ({"target": LABELS + 1}, ValueError, "target: got 4 at index 0, needs 0 to 3, or ignore_index=-100"),
        (
            {"target": LABELS[1:]},
            ValueError,
            "target: got shape (4,), needs (5,) as class labels, to match input",
        ),
        ({"target": P}, ValueError, f"target: got float32 of shape (5, 4), needs {NEEDS_LABELS}"),
        (
            {"target": LABELS > 0},
            TypeError,
            f"target: got bool, needs {NEEDS_LABELS}; target.astype(np.int64) would fit",
        ),
        (
            {"weight": CLASS_WEIGHT[1:]},
            ValueError,
            "weight: got shape (3,), needs (4,), one value for each class of input (5, 4)",
        ),
        ({"reduction": "avg"}, ValueError, "reduction: got 'avg', needs 'none', 'mean' or 'sum'"),
        ({"ignore_index": 1.0}, TypeError, "ignore_index: got 1.0, needs an integer"),
    ],
)
@pytest.mark.parametrize("function", NLL)
def test_wrong_arguments_of_nll(function, arguments, error, message, assert_refused):
    arguments = {"input": X, "target": LABELS, **arguments}
    assert_refused(error, f"{function.__name__}: {message}", function, **arguments)
