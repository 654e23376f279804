import re
from pathlib import Path

import numpy as np
import pytest

from fastconv import nn
from fastconv.cli import modelfile, predict
from fastconv.data.augment import Normalize
from fastconv.data.preparation import Preparation

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def pictures(bars, tmp_path):
    """One picture file of each class."""
    with np.load(bars) as arrays:
        images, classes = arrays["images"][:3], arrays["classes"]
    paths = [tmp_path / f"{name}.png" for name in classes]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image).save(path)
    return paths


def test_classes_in_columns(fastconv, model, pictures):
    result = fastconv("predict", model, *pictures, "--backend", "reference")
    assert (result.status, result.err) == (0, "")
    header, *lines = result.out.splitlines()
    assert header.split() == ["image", "class", "probability", "next", "next"]
    for line, path in zip(lines, pictures, strict=True):
        shown, *classes = re.split(r"\s{2,}", line)
        assert shown == str(path)
        assert classes[0] == path.stem
        assert sorted(classes[::2]) == ["left", "middle", "right"]
        shares = [float(share.removesuffix(" %")) for share in classes[1::2]]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(100, abs=0.02)
    assert len({line.index("%") for line in lines}) == 1


def test_dark_on_light_is_inverted_on_request(fastconv, model, pictures, tmp_path):
    pixels = np.asarray(Image.open(pictures[2]))
    Image.fromarray(255 - pixels).save(tmp_path / "paper.png")
    plain = fastconv("predict", model, pictures[2], "--backend", "reference").out
    inverted = fastconv("predict", model, tmp_path / "paper.png", "--invert", "--backend", "reference").out
    assert plain.split()[6:] == inverted.split()[6:]


def test_one_bad_file_and_nothing_is_printed(refused, model, pictures, tmp_path):
    missing = tmp_path / "none.png"
    assert refused("predict", model, pictures[0], missing) == f"{missing}: No such file or directory"


def test_a_camera_of_twelve_bits(fastconv, refused, model, bars, pictures, tmp_path):
    with np.load(bars) as arrays:
        wide = arrays["images"][1].astype(np.uint16) * 16
    path = tmp_path / "camera.tiff"
    Image.fromarray(wide).save(path)
    assert refused("predict", model, path).endswith(
        "needs those of black and white: --range=0,4095 would fit"
    )
    given = (model, path, "--range=0,4080", "--backend", "reference")
    plain = fastconv("predict", model, pictures[1], "--backend", "reference").out
    assert fastconv("predict", *given).out.split()[6:] == plain.split()[6:]


def test_a_model_for_images_that_no_file_holds(refused, pictures, tmp_path):
    path = str(tmp_path / "two.safetensors")
    net = nn.Sequential(nn.Flatten(), nn.Linear(2 * 6 * 8, 3))
    modelfile.save(net, modelfile.Task((2, 6, 8), ("a", "b", "c")), path)
    message = "predict: got a model for images of 2 channels, needs one for 1, 3 or 4"
    assert refused("predict", path, pictures[0]) == message


def test_an_image_is_prepared_as_those_of_the_training(fastconv, pictures, tmp_path, monkeypatch):
    """A network that hands out what it is given shows what that was."""
    Image.fromarray(np.array([[0, 0, 30, 60, 0, 0]], np.uint8).repeat(2, axis=0)).save(tmp_path / "a.png")
    how = Preparation((0.0, 60.0), True, Normalize(0.5, 2.0))
    net = nn.Sequential(nn.Flatten())
    path = str(tmp_path / "model.safetensors")
    modelfile.save(net, modelfile.Task((1, 2, 2), tuple("abcd"), how), path)
    seen = []
    monkeypatch.setattr(predict, "softmax", lambda given, dim: seen.append(given) or given)
    assert fastconv("predict", path, tmp_path / "a.png", "--backend", "reference").status == 0
    np.testing.assert_array_equal(seen.pop(), [[0, 0.25, 0, 0.25]])
    inverted = fastconv(
        "predict", path, tmp_path / "a.png", "--invert", "--range=0,120", "--backend=reference"
    )
    assert inverted.status == 0
    np.testing.assert_array_equal(seen.pop(), [[0.125, 0, 0.125, 0]])


def test_labels_alone(fastconv, model, pictures):
    result = fastconv("predict", model, *pictures, "--labels", "--backend", "reference")
    assert result == (0, "left\nmiddle\nright\n", "")


@pytest.fixture
def net(tmp_path):
    """A model from Python for grey images of 2 x 2, with classes of its own: the brightest pixel."""
    model = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten())
    model[0].weight[...] = 9
    model.classes = ["top left", "top right", "bottom left", "bottom right"]
    model.save(tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


@pytest.fixture
def small(tmp_path):
    """A picture of 2 x 2 whose lower left pixel is bright."""
    Image.fromarray(np.array([[0, 9], [255, 9]], np.uint8)).save(tmp_path / "small.png")
    return tmp_path / "small.png"


def test_a_model_from_python(fastconv, net, small):
    command = ("predict", net, small, small, "--backend", "reference")
    assert fastconv(*command, "--labels") == (0, "bottom left\nbottom left\n", "")
    assert fastconv(*command).out.splitlines()[1].split()[1:4] == ["bottom", "left", "99.95"]
    Image.open(small).convert("RGB").save(small)  # the model takes grey ones
    assert fastconv(*command, "--labels").out == "bottom left\nbottom left\n"


def test_sizes_that_a_model_from_python_takes(fastconv, refused, net, small, pictures):
    message = f"--size: got none, and images of 2 x 2 in {small} and 6 x 8 in {pictures[0]}; needs H,W, "
    assert refused("predict", net, small, pictures[0]).startswith(message)
    message = f"{net}: got outputs of shape (48,) for 4 classes"
    assert refused("predict", net, pictures[0]) == f"{message}; --size=H,W resizes images"
    assert refused("predict", net, pictures[0], "--size=6,8") == message
    resized = fastconv("predict", net, small, pictures[0], "--size", 2, "--labels", "--backend", "reference")
    assert resized.out.splitlines()[0] == "bottom left"


def test_a_size_that_the_model_says_itself(refused, model, pictures):
    message = f"--size: got it with {model}, which takes images of 6 x 8; needs none"
    assert refused("predict", model, pictures[0], "--size", 8) == message


def test_a_missing_image_of_a_model_from_python(refused, net, tmp_path):
    missing = tmp_path / "none.png"
    for more in ((), ("--size", 2)):
        assert refused("predict", net, missing, *more) == f"{missing}: No such file or directory"


def test_a_model_of_keras(fastconv, refused, pictures, tmp_path):
    pytest.importorskip("h5py")
    chain = Path(__file__).parents[1] / "interop/keras/models/chain.keras"
    result = fastconv("predict", chain, *pictures, "--size", "9,8", "--labels", "--backend", "reference")
    assert (result.status, result.err) == (0, "")
    assert {*result.out.split()} <= {*"0123"}
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"PK")
    assert refused("predict", broken, *pictures).startswith(f"{broken}: is no complete .keras file: ")
