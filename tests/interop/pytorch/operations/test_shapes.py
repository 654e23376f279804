import numpy as np
import pytest

from fastconv.interop import pytorch

pytestmark = pytest.mark.torch

SHAPES = {
    "flatten": (lambda x: x.flatten(1), ["Flatten"]),
    "flatten two": (lambda x: x.flatten(1, 2), ["Flatten"]),
    "view with the batch's size": (lambda x: x.view(x.size(0), -1), ["Flatten"]),
    "reshape without it": (lambda x: x.reshape(-1, 24), ["Flatten"]),
    "unflatten": (lambda x: x.unflatten(1, (2, 2)), ["Unflatten"]),
    "to any other shape": (lambda x: x.reshape(-1, 3, 4, 2), ["Reshape"]),
    "axes of one": (lambda x: x.unsqueeze(2).squeeze(2), ["Unflatten", "Flatten"]),
    "permuted": (lambda x: x.permute(0, 2, 3, 1), ["Permute"]),
    "transposed": (lambda x: x.transpose(1, -1).contiguous(), ["Permute"]),
    "slices": (lambda x: x[:, 1:, ::2], ["Slice", "Slice"]),
    "an element": (lambda x: x[:, -1], ["Slice", "Reshape"]),
    "halves": (lambda x: sum(x.chunk(2, 1)), ["Slice", "Slice", "Affine", "Add"]),
    "one of them": (lambda x: x.split([1, 3], 1)[1], ["Slice"]),
    "elements": (lambda x: x.unbind(3)[1], ["Slice", "Reshape"]),
    "stacked": (
        lambda x: __import__("torch").stack([x, x.tanh()], -1),
        ["Tanh", "Unflatten", "Unflatten", "Concatenate"],
    ),
    "joined": (lambda x: __import__("torch").cat([x, x.tanh()], 2), ["Tanh", "Concatenate"]),
    "the same": (lambda x: x.clone().detach().to(x.dtype).reshape(x.shape).tanh(), ["Tanh"]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name, of, same):
    function, kinds = SHAPES[name]
    model = same(of(lambda _, x: function(x)), 3, 4, 3, 2)
    assert [type(layer).__name__ for layer in model.children().values()] == kinds


def test_channels_that_are_shuffled(of, same):
    def shuffled(_, x):
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)

    same(of(shuffled), 3, 4, 3, 2)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda x: x.reshape(-1, 2),
            r"reshape: got \(\w+, 4\) as \(.*, 2\), needs the batch to stay the first",
        ),
        (lambda x: x.transpose(0, 1), r"transpose: Permute: dims: got \(1, 0\), needs each axis once"),
        (lambda x: x.double(), r"from_module: to: got torch.float64, needs torch.float32 throughout"),
    ],
)
def test_what_no_layer_does(function, message, of, torch):
    with pytest.raises(ValueError, match=message):
        pytorch.from_module(of(lambda _, x: function(x)), np.zeros((2, 4), np.float32))
