import numpy as np
import pytest

import fastconv
from fastconv.interop import pytorch


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "size"),
    [("resnet18", 32), ("mobilenet_v3_small", 32), ("squeezenet1_1", 32), ("shufflenet_v2_x0_5", 32)],
)
def test_networks_of_torchvision(name, size, torchvision, torch):
    torch.manual_seed(0)
    module = getattr(torchvision.models, name)(num_classes=10)
    for key, array in module.named_buffers():  # statistics as after training, not 0 and 1
        if "running" in key:
            array.uniform_(-0.2, 0.2).add_(key.endswith("var"))
    module = module.double()
    x = np.random.default_rng(0).normal(size=(2, 3, size, size))
    model = pytorch.from_module(module, x[:1])
    assert set(model.state_dict()) >= set(module.state_dict())
    with torch.no_grad():
        expected = module.eval()(torch.tensor(x)).numpy()
    assert np.abs(expected).max() > 0
    with fastconv.backend("reference"):
        np.testing.assert_allclose(model(x), expected, rtol=1e-9, atol=1e-9)
