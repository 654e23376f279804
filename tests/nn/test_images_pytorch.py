"""Layers of images and of signals beside PyTorch's modules: values and gradients from the same parameters."""

import numpy as np
import pytest

from fastconv import nn

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

LAYERS = [
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}, (2, 4, 11)),
    ("Conv1d", (3, 5, 4), {"padding": "same", "dilation": 2, "bias": False}, (2, 3, 9)),
    ("Conv2d", (3, 8, (10, 4)), {"stride": 2, "padding": (5, 1)}, (2, 3, 49, 10)),
    ("ConvTranspose2d", (4, 6, 3, 2, 1, 1, 2), {}, (2, 4, 5, 6)),
    ("ConvTranspose2d", (4, 3, (2, 3)), {"stride": (3, 1), "dilation": (1, 2), "bias": False}, (2, 4, 5, 6)),
    ("ConvTranspose2d", (4, 3, 2), {"stride": 1, "dilation": 3, "output_padding": (2, 1)}, (2, 4, 5, 6)),
    ("MaxPool1d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True}, (2, 3, 10)),
    ("AvgPool1d", (3,), {"stride": 2, "padding": 1, "count_include_pad": False}, (2, 3, 10)),
    ("AdaptiveAvgPool1d", (4,), {}, (2, 3, 10)),
    ("AdaptiveMaxPool2d", ((3, None),), {}, (2, 3, 7, 8)),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 2e-4)])
@pytest.mark.parametrize(("name", "arguments", "options", "size"), LAYERS, ids=str)
def test_values_and_gradients(name, arguments, options, size, dtype, tolerance):
    typed = {"dtype": dtype} if name.startswith("Conv") else {}
    ours = getattr(nn, name)(*arguments, **options, **typed)
    theirs = getattr(torch.nn, name)(*arguments, **options).to(getattr(torch, dtype))
    assert [*ours.state_dict()] == [*theirs.state_dict()]
    ours.load_state_dict(theirs.state_dict())
    x = np.random.default_rng(0).standard_normal(size).astype(dtype)
    of_x = torch.tensor(x, requires_grad=True)
    expected = theirs(of_x)
    dy = np.random.default_rng(1).standard_normal(tuple(expected.shape)).astype(dtype)
    expected.backward(torch.tensor(dy))
    y, backward = ours.forward(x)
    dx, gradients = backward(dy)
    assert ours.output_shape(size[1:]) == tuple(expected.shape[1:])
    pairs = {"y": (y, expected.detach()), "dx": (dx, of_x.grad)}
    pairs |= {key: (gradients[key], p.grad) for key, p in theirs.named_parameters()}
    for key, (array, tensor) in pairs.items():
        assert array.shape == tuple(tensor.shape) and array.dtype == dtype
        np.testing.assert_allclose(array, tensor.numpy(), rtol=tolerance, atol=tolerance, err_msg=key)
