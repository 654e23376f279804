"""What the tests of the networks share."""

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.training.trainer import Trainer

STEPS = 20


@pytest.fixture(autouse=True)
def _twins(reference):
    """Networks run on the twins, which compile nothing."""


@pytest.fixture
def trains_as_in_pytorch():
    """A function: 20 steps in float64, from the same weights, end with PyTorch's weights and statistics.

    Dropout, which draws other numbers, is off.
    """
    torch = pytest.importorskip("torch")
    from fastconv.interop.pytorch import to_module

    def check(model, x, y, loss, lr=0.05, momentum=0.9):
        for layer in model.modules():
            if isinstance(layer, nn.Dropout):
                layer.p = 0.0
        module = to_module(model)
        criterion = getattr(torch.nn, type(loss).__name__)()
        rule = torch.optim.SGD(module.parameters(), lr, momentum=momentum, weight_decay=1e-4)
        for _ in range(STEPS):
            rule.zero_grad()
            criterion(module(torch.from_numpy(x)), torch.from_numpy(y)).backward()
            rule.step()
        ours = optim.SGD(model.parameters(), lr, momentum=momentum, weight_decay=1e-4)
        trainer = Trainer(model, loss, ours)
        for _ in range(STEPS):
            trainer.step(x, y)
        module.eval()
        with torch.inference_mode():
            expected = module(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(model.predict(x), expected, rtol=0, atol=1e-8)
        for name, tensor in module.state_dict().items():
            mine = model.state_dict()[name]
            np.testing.assert_allclose(mine, tensor.numpy(), rtol=0, atol=1e-8, err_msg=name)

    return check


def batch(shape, classes, pixels=()):
    """Random images in float64 and their classes."""
    rng = np.random.default_rng(0)
    return rng.normal(size=shape), rng.integers(0, classes, (shape[0], *pixels))


@pytest.fixture(name="batch")
def batch_():
    """The function `batch`."""
    return batch


@pytest.fixture
def counts():
    """A function: the numbers of parameters and of running statistics."""

    def count(model):
        statistics = (a.size for name, a in model.buffers().items() if "num_batches" not in name)
        return sum(a.size for a in model.parameters().values()), sum(statistics)

    return count
