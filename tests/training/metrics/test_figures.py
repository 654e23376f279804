"""Figures are those of one batch with all samples, whatever the batch size."""

import json
import math

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training import metrics
from fastconv.training.callbacks import Callback
from fastconv.training.metrics import Figures
from fastconv.training.trainer import Trainer

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


EVERY = {
    "labels": (LABELS, nn.CrossEntropyLoss, ["top_2_accuracy", "precision", "recall", "f1", "auc"]),
    "some ignored": (SOME, nn.CrossEntropyLoss, ["top_1_accuracy", "precision", "recall", "f1", "auc"]),
    "pixels": (PIXELS, nn.CrossEntropyLoss, ["top_2_accuracy", "precision", "recall", "f1", "auc"]),
    "probabilities": (PROBABILITIES, nn.CrossEntropyLoss, ["top_2_accuracy", "precision", "f1", "auc"]),
    "yes or no": (YES, nn.BCEWithLogitsLoss, ["accuracy", "precision", "recall", "f1", "auc"]),
    "numbers": (X[:, :C].copy(), nn.MSELoss, ["mae", "r2"]),
}


@pytest.mark.parametrize(("target", "loss", "names"), EVERY.values(), ids=EVERY)
def test_metrics_that_gather_are_those_of_all_samples(target, loss, names):
    subject, x = trainer(loss(), target, metrics=names)
    whole = subject.evaluate(x, target)
    assert list(whole) == ["loss", *names]
    assert all(math.isfinite(value) for value in whole.values())
    for size in (1, 2, 5, 12):
        assert subject.evaluate(x, target, batch_size=size) == pytest.approx(whole, rel=1e-12)
    history = subject.fit(x, target, batch_size=4, validation_data=(x, target), epochs=2, progress=False)
    for name in names:
        for figure in (name, f"val_{name}"):
            assert history[figure] == pytest.approx([whole[name]] * 2, rel=1e-12)


def test_figures_of_classes_have_names_before_the_first_batch():
    class Seen(Callback):
        def on_fit_begin(self, trainer):
            self.names = trainer.figures

    seen = Seen()
    subject, x = trainer(nn.CrossEntropyLoss(), LABELS, metrics=[metrics.Recall(None, C)], callbacks=[seen])
    history = subject.fit(x, LABELS, validation_split=0.3, progress=False)
    names = ("loss", "recall_0", "recall_1", "recall_2")
    assert seen.names == tuple(history.history) == (*names, *(f"val_{name}" for name in names))
    assert json.loads(json.dumps(history.history)) == history.history


def test_weights_are_seen_by_weighted_metrics_alone():
    weight = RNG.random(N)
    given = {
        "plain": metrics.Accuracy(),
        "weighted": metrics.Accuracy(weighted=True),
        "accuracy": "accuracy",
    }
    subject, x = trainer(nn.CrossEntropyLoss(), SOME, metrics=given)
    got = subject.evaluate(x, SOME, sample_weight=weight, batch_size=3)
    right, counts = subject.model(x).argmax(axis=1) == SOME, SOME != -100
    assert got["plain"] == got["accuracy"] == pytest.approx(right[counts].mean())
    assert got["weighted"] == pytest.approx((weight * right)[counts].sum() / weight[counts].sum(), rel=1e-12)


def test_an_evaluation_within_an_epoch_does_not_mix():
    class Evaluates(Callback):
        def on_batch_end(self, trainer, batch, logs):
            trainer.evaluate(X[:2], LABELS[:2])

    a, x = trainer(nn.CrossEntropyLoss(), LABELS, metrics=["f1", "auc"])
    b, _ = trainer(nn.CrossEntropyLoss(), LABELS, metrics=["f1", "auc"])
    fitted = a.fit(x, LABELS, batch_size=4, callbacks=[Evaluates()], progress=False)
    assert fitted.history == b.fit(x, LABELS, batch_size=4, progress=False).history


def test_a_metric_of_ones_own_gathers():
    class Largest(metrics.Metric):
        """The largest output, and the smallest."""

        parts = ("up", "down")

        def reset(self):
            self._up, self._down = -math.inf, math.inf

        def update(self, output, target, sample_weight=None):
            self._up, self._down = max(self._up, output.max()), min(self._down, output.min())

        def result(self):
            return {"up": self._up, "down": self._down}

    subject, x = trainer(nn.CrossEntropyLoss(), LABELS, metrics={"largest": Largest()})
    got, output = subject.evaluate(x, LABELS, batch_size=3), subject.model(x)
    assert got["largest_up"] == pytest.approx(output.max())
    assert got["largest_down"] == pytest.approx(output.min())


def test_a_resumed_training_has_the_same_figures(tmp_path):
    names = ["f1", "auc", "top_2_accuracy"]
    whole, x = trainer(nn.CrossEntropyLoss(), LABELS, lr=0.1, metrics=names)
    first, _ = trainer(nn.CrossEntropyLoss(), LABELS, lr=0.1, metrics=names)
    history = whole.fit(x, LABELS, batch_size=4, epochs=3, progress=False)
    first.fit(x, LABELS, batch_size=4, epochs=2, progress=False)
    first.save(tmp_path / "run.safetensors")
    rest = Trainer.resume(tmp_path / "run.safetensors", metrics=names)
    assert rest.fit(x, LABELS, batch_size=4, progress=False).history == {
        name: values[2:] for name, values in history.items()
    }
