"""PyTorch, its example networks, and the comparison of a module with the model that it becomes."""

import numpy as np
import pytest

import fastconv
from fastconv.interop import pytorch


@pytest.fixture(scope="session")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(scope="session")
def torchvision(torch):
    """Builds for other versions of PyTorch lack operators, which no network here needs."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor x) -> Tensor")
    try:
        yield pytest.importorskip("torchvision")
    except RuntimeError as error:
        pytest.skip(str(error))


@pytest.fixture
def same(torch):
    """Makes a model of a module and compares their outputs in evaluation, in float64, to 1e-9."""

    def compare(module, *shape, follow=True, other=None):
        module = module.double()
        x = np.random.default_rng(0).normal(size=shape)
        example = torch.zeros(1, *(other or shape[1:]), dtype=torch.float64) if follow else None
        model = pytorch.from_module(module, example)
        with torch.no_grad():
            expected = module.eval()(torch.tensor(x)).numpy()
        with fastconv.backend("reference"):
            np.testing.assert_allclose(model(x), expected, rtol=1e-9, atol=1e-9)
        return model

    return compare


@pytest.fixture
def of(torch):
    """A module of this forward."""

    def make(function, **parameters):
        class Module(torch.nn.Module):
            def __init__(self):
                super().__init__()
                for name, value in parameters.items():
                    self.register_parameter(name, torch.nn.Parameter(value))

            def forward(self, x):
                return function(self, x)

        return Module()

    return make
