"""What metrics count, and that figures are those of one batch with all samples, whatever the batch size."""

import math

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training import metrics
from fastconv.training.metrics import Figures, Mean
from fastconv.training.trainer import Trainer

LOGITS = np.array([[0.1, 0.9], [2.0, -1.0], [0.0, 3.0]], np.float32)


def test_accuracy_is_one_value_a_sample():
    assert metrics.accuracy(LOGITS, np.array([1, 1, 1])).tolist() == [True, False, True]


def test_accuracy_of_probabilities_compares_the_likeliest_classes():
    target = np.array([[0.4, 0.6], [0.4, 0.6], [0.9, 0.1]], np.float32)
    assert metrics.accuracy(LOGITS, target).tolist() == [True, False, False]


def test_accuracy_of_pixels():
    output = np.zeros((1, 2, 2, 2), np.float32)
    output[0, 1, 0] = 1  # class 1 in the upper row
    assert metrics.accuracy(output, np.array([[[1, 0], [0, 1]]])).tolist() == [True, False, True, False]


def test_accuracy_does_not_count_what_is_ignored():
    assert metrics.accuracy(LOGITS, np.array([1, -100, 0])).tolist() == [True, False]
    assert metrics.accuracy(LOGITS, np.array([1, 1, 0]), ignore_index=1).tolist() == [False]


def test_binary_accuracy_has_its_threshold_at_the_logit_0():
    output = np.array([[-0.1], [0.1], [0.0], [5.0]])
    assert metrics.binary_accuracy(output, np.array([[0.0], [0.0], [0.0], [1.0]])).ravel().tolist() == [
        True,
        False,
        True,
        True,
    ]


def test_the_default_suits_the_loss():
    assert metrics.for_loss(nn.MSELoss()) == {}
    assert metrics.for_loss(nn.BCEWithLogitsLoss()) == {"accuracy": metrics.binary_accuracy}
    assert metrics.for_loss(nn.BCELoss()) == {"accuracy": metrics.probable_accuracy}
    outputs, targets = np.array([0.4, 0.6, 0.7]), np.array([0.0, 0.0, 1.0])
    assert metrics.probable_accuracy(outputs, targets).tolist() == [True, False, True]
    ignored = metrics.for_loss(nn.NLLLoss(ignore_index=1))["accuracy"]
    assert ignored(np.array([[-1.0, -2], [-3, 0]]), np.array([0, 1])).tolist() == [True]
    accuracy = metrics.for_loss(nn.CrossEntropyLoss(ignore_index=1))["accuracy"]
    assert accuracy(LOGITS, np.array([1, 1, 0])).tolist() == [False]


def test_metrics_have_names():
    def error(output, target):
        return abs(output - target)

    loss = nn.BCEWithLogitsLoss()
    assert metrics.named([error, "accuracy"], loss) == {"error": error, "accuracy": metrics.binary_accuracy}
    assert metrics.named({"mine": error}, loss) == {"mine": error}
    assert metrics.named((), loss) == {}


NEEDS_LIST = "needs a list or a dict of metrics"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("accuracy", TypeError, rf"got 'accuracy', {NEEDS_LIST}: \['accuracy'\] would fit$"),
        (metrics.accuracy, TypeError, rf"got accuracy, {NEEDS_LIST}: \[accuracy\] would fit$"),
        (3, TypeError, f"got 3, {NEEDS_LIST}$"),
        ([3], TypeError, r"got 3, needs functions of \(output, target\), or 'accuracy'"),
        ([None], TypeError, "got None, needs functions"),
        ([nn.MSELoss], TypeError, "got MSELoss, needs functions"),
        ({"mine": "f1"}, ValueError, "got 'f1', needs functions"),
        ({1: metrics.accuracy}, ValueError, "got 1 as a name, needs a name of its own"),
        ({"loss": metrics.accuracy}, ValueError, "got 'loss' as a name, needs a name of its own"),
        ({"val_loss": metrics.accuracy}, ValueError, "got 'val_loss' as a name, needs a name of its own"),
        ([metrics.accuracy, "accuracy"], ValueError, "got 'accuracy' as a name, needs a name of its own"),
    ],
)
def test_what_is_no_metric_is_told(given, error, message):
    with pytest.raises(error, match=f"^Trainer: metrics: {message}"):
        trainer(nn.CrossEntropyLoss(), LABELS, metrics=given)


def test_a_dict_may_name_what_suits_the_loss():
    assert metrics.named({"right": "accuracy"}, nn.BCEWithLogitsLoss()) == {"right": metrics.binary_accuracy}


def test_an_unknown_name_is_told():
    with pytest.raises(ValueError, match=r"Trainer: metrics: got 'f1', needs functions .* or 'accuracy'"):
        metrics.named(["f1"], nn.CrossEntropyLoss())
    with pytest.raises(
        ValueError, match=r"Trainer: metrics: got 'accuracy', needs functions of \(output, target\)$"
    ):
        metrics.named(["accuracy"], nn.MSELoss())


RNG = np.random.default_rng(0)
N, C = 13, 3
X = RNG.normal(size=(N, 4))
IMAGES = RNG.normal(size=(N, 2, 3, 2))
LABELS = RNG.integers(0, C, N)
SOME = np.where(np.arange(N) % 3 == 1, -100, LABELS)
LAST = np.where(np.arange(N) < N - 1, LABELS, -100)
PIXELS = RNG.integers(0, C, (N, 3, 2))
PIXELS[3:6] = -100
PROBABILITIES = RNG.dirichlet(np.ones(C), N)
YES = RNG.integers(0, 2, (N, C)).astype(np.float64)
WEIGHT = np.array([1.0, 5.0, 0.25])

TARGETS = {
    "labels": (LABELS, nn.CrossEntropyLoss, [{}, {"weight": WEIGHT}, {"label_smoothing": 0.2}]),
    "some ignored": (
        SOME,
        nn.CrossEntropyLoss,
        [{}, {"weight": WEIGHT}, {"weight": WEIGHT, "label_smoothing": 0.2}],
    ),
    "the last ignored": (LAST, nn.CrossEntropyLoss, [{}]),
    "another ignored": (LABELS, nn.CrossEntropyLoss, [{"ignore_index": 1}]),
    "a class that weighs nothing": (
        LABELS,
        nn.CrossEntropyLoss,
        [{"weight": [0, 1, 0]}, {"weight": [0, 5, 1], "label_smoothing": 0.2}],
    ),
    "pixels": (PIXELS, nn.CrossEntropyLoss, [{}, {"weight": WEIGHT}, {"label_smoothing": 0.2}]),
    "probabilities": (
        PROBABILITIES,
        nn.CrossEntropyLoss,
        [{}, {"weight": WEIGHT}, {"label_smoothing": 0.2}],
    ),
    "yes or no": (YES, nn.BCEWithLogitsLoss, [{}, {"weight": WEIGHT}, {"pos_weight": WEIGHT}]),
    "numbers": (X[:, :C].copy(), nn.MSELoss, [{}]),
}
WITHOUT_A_CLASS = "pixels", "yes or no", "numbers"
CASES = {
    f"{name}, {reduction}, {', '.join(options)}": (target, kind(reduction=reduction, **options))
    for name, (target, kind, every) in TARGETS.items()
    for reduction in ("mean", "sum")
    for options in every
}
each_case = pytest.mark.parametrize(("target", "loss"), CASES.values(), ids=CASES)


def trainer(loss, target, lr=0.0, dtype=np.float64, **arguments):
    """A trainer whose updates change nothing where `lr` is 0, and its samples."""
    if target is PIXELS:
        model, x = nn.Conv2d(2, C, 1, dtype=dtype, seed=0), IMAGES
    else:
        model, x = nn.Linear(4, C, dtype=dtype, seed=0), X
    return Trainer(model, loss, optim.SGD(model.parameters(), lr=lr), **arguments), x.astype(dtype)


@each_case
def test_evaluate(target, loss):
    subject, x = trainer(loss, target)
    expected = loss(subject.model(x), target)
    whole = subject.evaluate(x, target, batch_size=N)
    assert math.isfinite(expected)
    assert whole["loss"] == pytest.approx(expected, rel=1e-14)
    for size in range(1, N):
        assert subject.evaluate(x, target, batch_size=size) == pytest.approx(whole, rel=1e-13)


@each_case
@pytest.mark.parametrize("sample_weight", [None, RNG.random(N)], ids=["plain", "weighted"])
def test_batches_of_every_size(target, loss, sample_weight):
    subject, x = trainer(loss, target)
    expected = loss.forward(subject.model(x), target, sample_weight)[0]
    arrays = (x, target) if sample_weight is None else (x, target, sample_weight)
    for size in range(1, N + 1):
        parts = [[array[i : i + size] for array in arrays] for i in range(0, N, size)]
        assert subject.evaluate(parts)["loss"] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("target", "loss", "class_weight"),
    [
        pytest.param(*case, class_weight, id=f"{name}, {by}")
        for name, case in CASES.items()
        for class_weight, by in ((None, ""), ({0: 0.5, 2: 3.0}, "by class"))
        # Of pixels, numbers, and yes or no for each class, a sample has more than one class, or none.
        if class_weight is None or not any(case[0] is TARGETS[kind][0] for kind in WITHOUT_A_CLASS)
    ],
)
@pytest.mark.parametrize("sample_weight", [None, RNG.random(N)], ids=["plain", "weighted"])
def test_the_figures_of_a_fit(target, loss, sample_weight, class_weight):
    subject, x = trainer(loss, target)
    weight = sample_weight
    if class_weight:
        classes = target if target.ndim == 1 else target.argmax(axis=1)
        by_class = np.array([class_weight.get(label, 1.0) for label in classes.tolist()])
        weight = by_class if weight is None else weight * by_class
    expected = loss.forward(subject.model(x), target, weight)[0]
    plain = loss.forward(subject.model(x), target, sample_weight)[0]
    validation = (x, target) if sample_weight is None else (x, target, sample_weight)
    for size in (1, 2, 3, 5, 8, N):
        history = subject.fit(
            x,
            target,
            batch_size=size,
            sample_weight=sample_weight,
            class_weight=class_weight,
            validation_data=validation,
            progress=False,
        )
        assert history["loss"] == [pytest.approx(expected, rel=1e-13)]
        assert history["val_loss"] == [pytest.approx(plain, rel=1e-13)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_more_samples_than_evaluate_computes_at_a_time(dtype):
    # The last of 257 equal samples stands alone in its batch, and has no label.
    x, y = np.ones((257, 4), dtype), np.ones(257, np.int64)
    y[-1] = -100
    subject, _ = trainer(nn.CrossEntropyLoss(), y, dtype=dtype)
    one = nn.CrossEntropyLoss()(subject.model(x[:1]), y[:1])
    assert subject.evaluate(x, y)["loss"] == pytest.approx(one, rel=1e-6)
    history = subject.fit(x, y, validation_data=(x, y), progress=False)
    assert history["val_loss"] == [pytest.approx(one, rel=1e-6)]
    right = subject.model(x[:1]).argmax() == 1
    assert history["accuracy"] == history["val_accuracy"] == [right]


@pytest.mark.parametrize("size", range(1, N + 1))
def test_accuracy_is_that_of_the_labelled(size):
    subject, x = trainer(nn.CrossEntropyLoss(), SOME)
    right = (subject.model(x).argmax(axis=1) == SOME)[SOME != -100]
    assert subject.evaluate(x, SOME, batch_size=size)["accuracy"] == pytest.approx(right.mean(), rel=1e-14)


@pytest.mark.parametrize("size", range(1, N + 1))
def test_a_metric_of_ones_own_is_a_mean_over_samples(size):
    def mean(output, target):
        return float(np.mean(output[:, 0]))

    def values(output, target):
        return output[target > 0, 0]

    subject, x = trainer(nn.CrossEntropyLoss(), LABELS, metrics=[mean, values])
    first = subject.model(x)[:, 0]
    figures = subject.evaluate(x, LABELS, batch_size=size)
    assert figures["mean"] == pytest.approx(first.mean(), rel=1e-12)
    assert figures["values"] == pytest.approx(first[LABELS > 0].mean(), rel=1e-12)


def test_a_loss_of_ones_own_says_what_it_is_a_mean_over():
    class OfPositive(nn.Loss):
        """The mean of the outputs whose targets are positive."""

        def __init__(self):
            super().__init__("mean")

        def forward(self, output, target, sample_weight=None):
            rows = target > 0
            gradient = rows[:, None] / max(1, rows.sum()) * np.ones_like(output)
            return (output.sum(axis=1)[rows].mean() if rows.any() else math.nan), lambda: gradient

        def count(self, output, target, sample_weight=None):
            return float((target > 0).sum())

    subject, x = trainer(OfPositive(), LABELS)
    expected = subject.model(x).sum(axis=1)[LABELS > 0].mean()
    for size in range(1, N + 1):
        assert subject.evaluate(x, LABELS, batch_size=size)["loss"] == pytest.approx(expected, rel=1e-12)


def test_a_mean_counts_values_or_samples():
    mean = Mean()
    assert math.isnan(mean.value)
    mean.add(np.array([True, False, True]), 3)
    mean.add(np.array([False]), 1)
    assert mean.value == 0.5
    mean.add(2.0, 4)
    assert mean.value == 10 / 8
    mean.add(np.array([]), 5)
    mean.add(math.nan, 0)
    assert mean.value == 10 / 8


@pytest.mark.parametrize("result", [{"f1": 1.0}, None, "good", 1j], ids=str)
def test_what_is_no_figure_is_told(result):
    figures = Figures(nn.MSELoss(), {"score": lambda output, target: result})
    kind = type(result).__name__
    message = (
        rf"^Trainer: metrics: got {kind} from score, needs a number, or an array with one for everything"
    )
    with pytest.raises(TypeError, match=message):
        figures.add(1.0, X, X, None)


def test_a_metric_that_fails_has_changed_nothing():
    subject, x = trainer(nn.CrossEntropyLoss(), LABELS, lr=0.1, metrics={"score": lambda output, target: {}})
    before = subject.model.state_dict()
    for arguments in ((x, LABELS), ([(x, LABELS)],)):
        with pytest.raises(TypeError, match="got dict from score"):
            subject.fit(*arguments, progress=False)
    assert all(np.array_equal(array, before[name]) for name, array in subject.model.parameters().items())
