"""The networks of facenet-pytorch: three that find faces, with their weights, and one that knows people."""

import importlib.util
import sys
from types import ModuleType

import numpy as np
import pytest

import fastconv
from fastconv import nn
from fastconv.interop import onnx, pytorch
from tests.interop.packages import shipped

pytestmark = pytest.mark.torch

PACKAGE = "facenet-pytorch"
UNUSED = {
    "requests": (),
    "requests.adapters": ("HTTPAdapter",),
    "facenet_pytorch.models.utils.detect_face": ("detect_face", "extract_face"),
    "facenet_pytorch.models.utils.download": ("download_url_to_file",),
}
"""What the files import for other things than their networks."""


@pytest.fixture
def package(torch, monkeypatch):
    """Gives a file of the package as a module, without the libraries with which it downloads and draws."""
    for name, contents in UNUSED.items():
        module = ModuleType(name)
        vars(module).update(dict.fromkeys(contents))
        monkeypatch.setitem(sys.modules, name, module)

    def read(name):
        path = shipped(PACKAGE, f"{name}.py")
        spec = importlib.util.spec_from_file_location(f"facenet_pytorch.models.{name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return read


def portrait(size, count=1):
    """Images (count, 3, size, size) from -1 to 1 of two eyes and a mouth on skin, before a dark wall."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    skin = np.exp(-((x / 0.62) ** 6) - (y / 0.85) ** 6)
    dark = sum(
        np.exp(-(((x - a) / width) ** 2) - ((y - b) / 0.1) ** 2)
        for a, b, width in [(-0.3, -0.25, 0.16), (0.3, -0.25, 0.16), (0, 0.45, 0.3)]
    )
    shade = skin * (1 - 0.8 * dark) * (1 - 0.2 * x)
    image = np.stack([shade, 0.75 * shade, 0.62 * shade]) * 1.8 - 0.9
    return np.stack([np.roll(image, 2 * i, axis=2) for i in range(count)]).astype(np.float32)


def compared(torch, module, x, folder):
    """The model of a module, which gives the same outputs, whole, out of a file, and out of an ONNX file."""
    model = pytorch.from_module(module, x[:1])
    with torch.no_grad():
        wanted = module.eval()(torch.tensor(x)).numpy()
    y = model(x)
    np.testing.assert_allclose(y, wanted, rtol=0, atol=1e-4)
    with torch.no_grad():
        np.testing.assert_allclose(
            pytorch.to_module(model).eval()(torch.tensor(x)).numpy(), y, rtol=0, atol=1e-5
        )
    model.save(folder / "model.safetensors")
    np.testing.assert_array_equal(fastconv.load(folder / "model.safetensors")(x), y)
    pytest.importorskip("onnx")
    onnx.export(model, folder / "model.onnx", x.shape[1:])
    np.testing.assert_allclose(onnx.load(folder / "model.onnx")(x), y, rtol=0, atol=1e-5)
    return model


@pytest.mark.parametrize(("name", "size"), [("PNet", 40), ("RNet", 24), ("ONet", 48)])
def test_the_networks_that_find_faces(name, size, package, torch, tmp_path):
    class Joined(torch.nn.Module):
        """Their outputs, of which a model here has one, side by side: the last two are face or not."""

        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, x):
            return torch.cat(self.network(x), 1)

    network = getattr(package("mtcnn"), name)(pretrained=False)
    weights = torch.load(shipped(PACKAGE, f"{name.lower()}.pt"), weights_only=True)
    network.load_state_dict(weights)
    x = portrait(size, count=3)
    with pytest.raises(ValueError, match=r"^from_module: got [23] outputs, needs one"):
        pytorch.from_module(network, x[:1])
    model = compared(torch, Joined(network), x, tmp_path)
    assert {*model.state_dict()} == {f"network_{key}" for key in weights}
    np.testing.assert_allclose(model(x)[:, -2:].sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(("classify", "outputs"), [(True, 5), (False, 512)])
def test_the_network_that_knows_people(classify, outputs, package, torch, tmp_path):
    """Its weights are no part of the package: these are random. Of blocks that repeat, two are left.

    It tells five people, or else what is alike in two images of one: vectors of length 1.
    """
    torch.manual_seed(0)
    network = package("inception_resnet_v1").InceptionResnetV1(classify=classify, num_classes=5)
    for part in ("repeat_1", "repeat_2", "repeat_3"):
        setattr(network, part, getattr(network, part)[:2])
    network, x = network.double(), portrait(80, count=3).astype(np.float64)
    norms = [module for module in network.modules() if hasattr(module, "running_mean")]
    for momentum in (1, 0.1):  # the statistics of these images, as if trained with them
        for norm in norms:
            norm.momentum = momentum
        network.train(momentum == 1)(torch.tensor(x))
    model = compared(torch, network, x, tmp_path)
    y = model(x)
    if classify:
        assert np.ptp(y, axis=0).min() > 0.1
    else:
        np.testing.assert_allclose(np.square(y).sum(1), 1)
        assert (y @ y.T)[~np.eye(3, dtype=bool)].max() < 0.99
    assert sum(isinstance(layer, nn.Conv2d) for _, layer, _ in model.nodes()) == 56
    assert model.output_shape((3, 160, 160)) == (outputs,)
