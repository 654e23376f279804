"""What `predict` takes, and what it says of the rest before any layer runs."""

import re

import numpy as np
import pytest

from fastconv import nn

RGB = nn.Sequential(
    nn.Identity(),
    nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
    nn.Conv2d(8, 4, 3, padding=1),
    seed=0,
)
GREY = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 10), seed=0)
DENSE = nn.Linear(64, 10, seed=0)
FLAT = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), seed=0)
POOL = nn.MaxPool2d(2)
CLASS = {id(m): n for n, m in {"RGB": RGB, "GREY": GREY, "DENSE": DENSE, "FLAT": FLAT, "POOL": POOL}.items()}


@pytest.mark.parametrize(
    ("model", "shape", "needs"),
    [
        (RGB, (3, 8, 8), "x[None]"),
        (RGB, (8, 8, 3), "x.transpose(2, 0, 1)[None]"),
        (GREY, (1, 8, 8), "x[None]"),
        (GREY, (5, 8, 8), "x[:, None]"),
        (GREY, (8, 8), "x[None, None]"),
        (GREY, (8, 8, 1), "x.transpose(2, 0, 1)[None]"),
        (DENSE, (64,), "x[None]"),
        (FLAT, (8, 8), "x[None]"),
        (POOL, (3, 8, 8), "x[None]"),
        (nn.Conv2d(3, 8, 3), (3, 8, 8), "x[None]"),
    ],
    ids=lambda value: CLASS.get(id(value), str(value)),
)
def test_one_sample_or_no_channels_is_told_with_what_would_fit(model, shape, needs):
    x = np.zeros(shape, np.float32)
    message = f"predict: x: got shape {shape}, needs a batch (N, ...); {needs} would fit"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        model.predict(x)
    assert len(model.predict(eval(needs))) == (5 if shape == (5, 8, 8) else 1)


@pytest.mark.parametrize("how", ["predict", "__call__", "forward"])
@pytest.mark.parametrize(("model", "channels", "got"), [(RGB, 3, 8), (GREY, 1, 8)], ids=["RGB", "GREY"])
def test_channels_that_stand_last_are_told_with_the_transpose(how, model, channels, got):
    x = np.zeros((2, 8, 8, channels), np.float32)
    with pytest.raises(
        ValueError,
        match=rf"\(Conv2d\): got {got} channels, needs {channels}; x.transpose\(0, 3, 1, 2\) would fit$",
    ):
        getattr(model, how)(x)
    assert len(model.predict(x.transpose(0, 3, 1, 2))) == 2


def test_the_summary_tells_channels_that_stand_last_too():
    with pytest.raises(ValueError, match=r"^in 1\.0 \(Conv2d\): got 8 channels, needs 3; x.transpose"):
        RGB.summary((8, 8, 3))


@pytest.mark.parametrize(
    ("x", "got", "way"),
    [
        (np.zeros((2, 3, 8, 8), np.int64), "int64", "x.astype(np.float32)"),
        (np.zeros((2, 3, 8, 8), bool), "bool", "x.astype(np.float32)"),
        (np.zeros((2, 3, 8, 8)), "float64", "x.astype(np.float32)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_dtype_is_told_with_the_conversion(x, got, way):
    with pytest.raises(TypeError) as caught:
        RGB.predict(x)
    assert (
        str(caught.value)
        == f"predict: x: got {got}, needs float32 as the model's parameters; {way} would fit"
    )
    assert len(RGB.predict(eval(way))) == 2


def test_bytes_that_are_no_images_are_told_with_the_conversion():
    needs = r"needs float32 as the model's parameters; x.astype\(np.float32\) / 255 would fit"
    with pytest.raises(TypeError, match=f"^predict: x: got uint8, {needs}$"):
        DENSE.predict(np.zeros((2, 64), np.uint8))


def test_what_is_no_array_is_told():
    for nothing in (None, "x", 3):
        with pytest.raises(TypeError, match=r"^predict: x: got \w+, needs an array with a batch axis$"):
            DENSE.predict(nothing)
    with pytest.raises(
        ValueError, match=r"^predict: x: got a list whose items differ in shape, needs items of"
    ):
        DENSE.predict([[1.0] * 64, [1.0]])
    with pytest.raises(TypeError, match=r"^predict: x: got <U1, needs float32"):
        DENSE.predict([["a"] * 64])


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.tolist(),
        list,
        tuple,
        lambda x: [row.astype(np.float64) for row in x],
        lambda x: [list(row) for row in x],
    ],
    ids=["nested", "arrays", "tuple", "float64", "numbers"],
)
def test_lists_of_numbers_and_of_arrays_are_converted(make):
    x = np.random.default_rng(0).normal(size=(3, 64)).astype(np.float32)
    assert np.array_equal(DENSE.predict(make(x)), DENSE(x))
    whole = np.arange(64)
    assert np.array_equal(DENSE.predict([whole]), DENSE(whole[None].astype(np.float32)))


@pytest.mark.parametrize("make", [lambda x: x, list], ids=["array", "list"])
def test_images_of_bytes_are_scaled_batch_by_batch_and_said_once(make, caplog):
    model = nn.Sequential(nn.Conv2d(3, 2, 3, dtype=np.float64), seed=0)
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 8, 8)).astype(np.uint8)
    expected = model(images / 255)
    assert np.array_equal(model.predict(make(images)), expected)
    assert np.array_equal(
        model.predict(make(images), batch_size=2), model.predict(images / 255, batch_size=2)
    )
    assert [record.name for record in caplog.records] == ["fastconv"]
    assert "images of uint8 are divided by 255" in caplog.text
    with pytest.raises(ValueError, match=r"x.transpose\(0, 3, 1, 2\) would fit$"):
        model.predict(images.transpose(0, 2, 3, 1))


def test_what_fits_is_taken_as_before():
    x = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32)
    assert np.array_equal(RGB.predict(x), RGB(x))
    assert np.array_equal(RGB.predict(x.astype(">f4")), RGB(x))
    assert RGB.predict(x[:0]).shape == (0, 4, 4, 4)
    assert DENSE.predict(np.zeros((2, 5, 64), np.float32)).shape == (2, 5, 10)
    assert POOL.predict(x.astype(np.float64)).shape == (2, 3, 4, 4)


class Silent(nn.Layer):
    """The means of images, from bytes: neither the dtype nor the shape that it gives is known outside."""

    def forward(self, x, training=True):
        return x.mean(axis=(2, 3), dtype=np.float32), lambda dy, input_gradient=True: (dy, {})


def test_what_a_layer_of_ones_own_takes_and_gives_is_its_own_matter():
    model = nn.Sequential(Silent(), nn.Linear(3, 2, seed=0))
    assert model.predict(np.zeros((2, 3, 8, 8), np.uint8)).shape == (2, 2)
    later = nn.Sequential(nn.Conv2d(3, 3, 1), Silent(), nn.Linear(3, 2), seed=0)
    assert later.predict(np.zeros((2, 3, 8, 8), np.float32)).shape == (2, 2)
    with pytest.raises(ValueError, match=r"x\[None\] would fit"):
        later.predict(np.zeros((3, 8, 8), np.float32))


def test_a_sequence_of_ones_own_is_asked_as_far_as_it_is_one():
    class Crossed(nn.Sequential):
        def forward(self, x, training=True):
            return super().forward(x.reshape(-1, 64), training)

    assert Crossed(nn.Linear(64, 2, seed=0)).predict(np.zeros((3, 8, 8), np.float32)).shape == (3, 2)


def test_what_fits_the_first_layers_alone_is_no_way_out():
    with pytest.raises(ValueError, match=r"Conv2d: got shape \(64,\)|\(Conv2d\): got shape \(64,\)") as told:
        GREY.predict(np.zeros((128, 64), np.float32))
    assert "would fit" not in str(told.value)


def test_arrays_of_other_classes_are_looked_at_like_any(tmp_path):
    model = nn.Conv2d(1, 2, 3, padding=1, seed=0)
    np.zeros((4, 1, 8, 8), np.float32).tofile(tmp_path / "images")
    images = np.memmap(tmp_path / "images", np.float32, "r", shape=(4, 1, 8, 8))
    assert model.predict(images).shape == (4, 2, 8, 8)
    for wrong in (images[0], 5, np.float32(1)):
        with pytest.raises((TypeError, ValueError), match=r"^predict: x: got "):
            model.predict(wrong)
