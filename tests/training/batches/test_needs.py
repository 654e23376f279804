"""What a model and its loss take of samples and targets, and what is told of the rest."""

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training.trainer import Trainer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3)).astype(np.float32)
Y = (X[:, 0] > X[:, 1]).astype(np.int64)
LATE = np.where(np.arange(23) == 21, 2, Y)


def trainer(loss=None, outputs=2, dropout=0.0):
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, outputs), seed=0)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return Trainer(model, loss or nn.CrossEntropyLoss(), optimizer)


def fit(subject, *data, **arguments):
    return subject.fit(*(data or (X, Y)), progress=False, **arguments)


def same_parameters(a, b):
    a, b = a.model.parameters(), b.model.parameters()
    return all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("x", "y", "arguments", "error", "message"),
    [
        (X, Y[:5], {}, ValueError, "fit: y: got 5 samples, needs 23, as many as x has"),
        (X[:0], Y[:0], {}, ValueError, "fit: x: got 0 samples, needs at least 1"),
        (X, None, {}, TypeError, "fit: y: got NoneType, needs a numpy array of samples"),
        (None, Y, {}, TypeError, "fit: x: got NoneType"),
        (
            X.astype(np.uint8),
            Y,
            {},
            TypeError,
            r"fit: x: got uint8, needs float32 .*astype\(np.float32\) / 255",
        ),
        (
            Y[:, None],
            Y,
            {},
            TypeError,
            r"fit: x: got int64, needs float32 .*x.astype\(np.float32\) would fit",
        ),
        (
            X.astype(np.float64),
            Y,
            {},
            TypeError,
            "fit: x: got float64, needs float32 as the model's parameters",
        ),
        (X, 0.9 * np.eye(2)[Y], {}, TypeError, "fit: y: got float64, needs float32"),
        (X, Y, {"batch_size": 0}, ValueError, "fit: batch_size: got 0"),
        (X, Y, {"batch_size": 2.0}, TypeError, "fit: batch_size: got 2.0"),
        (X, Y, {"epochs": -1}, ValueError, "fit: epochs: got -1"),
        (X, LATE, {}, ValueError, "^fit: y: got 2 at index 21, needs 0 to 1, or ignore_index=-100$"),
        (X, LATE, {"validation_split": 0.1}, ValueError, "^fit: y: got 2 at index 21, needs 0 to 1"),
        (
            X,
            Y.astype(float),
            {},
            TypeError,
            r"^fit: y: got float64, needs integers of shape \(23,\) as class labels; y.astype\(np.int64\)",
        ),
        (X, Y.astype(bool), {}, TypeError, r"^fit: y: got bool, needs .*; y.astype\(np.int64\) would fit$"),
        (X, Y.astype(object), {}, TypeError, r"^fit: y: got object, .*; y.astype\(np.int64\) would fit$"),
        (
            X,
            Y[:, None],
            {},
            ValueError,
            r"^fit: y: got int64 of shape \(23, 1\), needs .*; y\[:, 0\] would fit$",
        ),
        (
            X,
            np.ones((23, 2), np.int64),
            {},
            ValueError,
            r"^fit: y: got int64 of shape \(23, 2\), needs integers of shape \(23,\) as class labels$",
        ),
        (X.astype(str), Y, {}, TypeError, "^fit: x: got <U32, needs float32 as the model's parameters$"),
        (
            X[:, :2].copy(),
            Y,
            {},
            ValueError,
            r"0 \(Linear\): got 2 features, needs 3; Linear\(2, 8\) would fit",
        ),
    ],
)
def test_data_that_does_not_fit_is_told(x, y, arguments, error, message):
    subject, untouched = trainer(), trainer()
    with pytest.raises(error, match=message):
        fit(subject, x, y, **{"batch_size": 4, "shuffle": False, **arguments})
    assert same_parameters(subject, untouched)


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.BCEWithLogitsLoss()], ids=str)
@pytest.mark.parametrize("y", [Y, Y.astype(bool)], ids=["int", "bool"])
def test_targets_of_numbers_are_numbers(loss, y):
    needs = r"float32 to match the model's output; y\[..., None\].astype\(np.float32\) would fit"
    with pytest.raises(TypeError, match=rf"^fit: y: got {y.dtype}, needs {needs}$"):
        fit(trainer(loss, outputs=1), X, y)
    fit(trainer(loss, outputs=1), X, y[..., None].astype(np.float32))


def test_evaluate_and_step_tell_it_too():
    subject = trainer()
    with pytest.raises(ValueError, match=r"^evaluate: y: got 2 at index 21, needs 0 to 1"):
        subject.evaluate(X, LATE, batch_size=4)
    with pytest.raises(ValueError, match=r"^evaluate: batch 2: y: got 2 at index 1, needs 0 to 1"):
        subject.evaluate([(X[:20], Y[:20]), (X[20:], LATE[20:])])
    with pytest.raises(ValueError, match=r"^step: y: got 2 at index 21, needs 0 to 1"):
        subject.step(X, LATE)


def test_a_fit_that_is_refused_draws_nothing():
    refused, subject = trainer(dropout=0.5), trainer(dropout=0.5)
    with pytest.raises(ValueError, match="got 2 at index 21"):
        fit(refused, X, LATE)
    fit(refused)
    fit(subject)
    assert same_parameters(refused, subject)


def test_byte_swapped_data_is_welcome():
    swapped = X.astype(X.dtype.newbyteorder())
    a, b = trainer(), trainer()
    assert fit(a, swapped, Y).history == fit(b).history


LISTS = {"nested": (X.tolist(), Y.tolist()), "arrays": (list(X), list(Y)), "tuples": (tuple(X), tuple(Y))}


@pytest.mark.parametrize("data", LISTS.values(), ids=LISTS)
def test_lists_are_converted(data):
    a, b = trainer(), trainer()
    assert fit(a, *data, validation_data=data).history == fit(b, validation_data=(X, Y)).history
    assert a.evaluate(*data) == b.evaluate(X, Y)
    assert a.step(*data) == b.step(X, Y)
    assert same_parameters(a, b)


def test_lists_of_numbers_are_targets_of_numbers():
    numbers = [[1], [2], [4]] * 7 + [[0], [5]]
    a, b = trainer(nn.MSELoss(), 1), trainer(nn.MSELoss(), 1)
    assert fit(a, X, numbers).history == fit(b, X, np.array(numbers, np.float32)).history
    with pytest.raises(
        ValueError, match=r"^fit: y: got a list whose items differ in shape, needs items of one"
    ):
        fit(a, X, [[1], [2, 3]])


def test_an_object_that_is_no_array_is_told_with_the_way():
    class Column:
        def __array__(self, dtype=None, copy=None):
            return Y

    with pytest.raises(TypeError, match=r"^fit: y: got Column, .*; np.asarray\(y\) would fit$"):
        fit(trainer(), X, Column())


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool, np.float64])
def test_rows_of_zeros_and_a_one_are_probabilities(dtype):
    a, b = trainer(), trainer()
    fit(a, X, np.eye(2, dtype=dtype)[Y])
    fit(b, X, np.eye(2, dtype=np.float32)[Y])
    assert same_parameters(a, b)
    assert a.model.classes is None


def images(count=6, channels=1):
    pixels = np.random.default_rng(3).integers(0, 256, (count, channels, 5, 5)).astype(np.uint8)
    model = nn.Sequential(nn.Conv2d(channels, 2, 3), nn.Flatten(), nn.Linear(18, 2), seed=0)
    return pixels, Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))


def test_images_of_bytes_are_scaled_everywhere_and_said_once(caplog):
    pixels, subject = images()
    _, twin = images()
    numbers = pixels.astype(np.float32) / np.float32(255)
    y = Y[:6]
    given = fit(subject, pixels, y, batch_size=4, validation_data=(list(pixels), y), epochs=2)
    expected = fit(twin, numbers, y, batch_size=4, validation_data=(numbers, y), epochs=2)
    assert given.history == expected.history
    assert subject.evaluate(pixels, y) == twin.evaluate([(pixels, y)]) == twin.evaluate(numbers, y)
    assert subject.step(pixels, y) == twin.step(numbers, y)
    assert same_parameters(subject, twin)
    assert np.array_equal(subject.model.predict(pixels), twin.model.predict(numbers))
    assert caplog.text.count("divided by 255") == 2  # two models


def test_channels_that_stand_last_are_told_with_the_transpose():
    pixels, subject = images(channels=3)
    for x in (pixels, pixels / np.float32(255)):
        for function in (subject.fit, subject.evaluate, subject.step):
            with pytest.raises(ValueError, match=r"needs 3; x.transpose\(0, 3, 1, 2\) would fit$"):
                function(x.transpose(0, 2, 3, 1), Y[:6])


class Counted(np.ndarray):
    """An array that counts the samples that are read of it by indices and slices."""

    read = 0

    def __getitem__(self, rows):
        result = super().__getitem__(rows)
        if isinstance(result, Counted) and result.ndim == self.ndim:
            Counted.read = max(Counted.read, len(result))
            return result.view(np.ndarray)
        return result

    def __array_function__(self, function, types, arguments, options):
        raise AssertionError(f"{function.__name__} reads all of x")

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        raise AssertionError(f"{ufunc.__name__} reads all of x")


@pytest.mark.parametrize("mode", ["shuffle", "stratify", None])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_of_x_no_more_than_a_batch_is_read(mode, dtype):
    pixels, subject = images(40)
    x = pixels.astype(dtype).view(Counted)
    y = np.arange(40) % 2
    split = {"validation_split": 0.25, "validation_split_mode": mode} if mode else {}
    Counted.read = 0
    fit(subject, x, y, batch_size=8, class_weight="balanced", sample_weight=np.ones(40), **split)
    subject.evaluate(x, y, batch_size=8)
    assert Counted.read == (10 if mode else 8)  # a validation in batches of 256 has 10 samples


def test_a_memory_map_is_trained_on(tmp_path):
    pixels, subject = images(30)
    pixels.tofile(tmp_path / "images")
    mapped = np.memmap(tmp_path / "images", np.uint8, "r", shape=pixels.shape)
    y = np.arange(30) % 2
    twin = images(30)[1]
    assert fit(subject, mapped, y, batch_size=8).history == fit(twin, pixels, y, batch_size=8).history
    assert same_parameters(subject, twin)
