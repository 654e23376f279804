import numpy as np
import pytest

from fastconv import nn
from fastconv.interop import pytorch

pytestmark = pytest.mark.torch


def test_a_padding_of_its_own_on_each_side(torch):
    layer = nn.Conv2d(1, 1, 2, padding=((1, 0), (0, 2)), bias=False)
    layer.weight[...] = [[[[1, 10], [100, 1000]]]]
    module = pytorch.to_module(layer)
    x = np.arange(1, 5, dtype=np.float32).reshape(1, 1, 2, 2)
    expected = [[2100, 200, 0], [4321, 402, 0]]
    assert module(torch.tensor(x))[0, 0].tolist() == expected
    assert list(module.state_dict()) == ["weight"]


def test_as_many_outputs_as_tensorflows_same(torch):
    module = pytorch.to_module(nn.MaxPool2d(2, 2, "same_upper"))
    x = -torch.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert module(x)[0, 0].tolist() == [[-1, -3], [-7, -9]]
