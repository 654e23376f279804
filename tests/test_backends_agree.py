"""The kernels and their NumPy twins train to the same curve."""

import numpy as np
import pytest

import fastconv
from fastconv import models, nn, optim
from fastconv.training.trainer import Trainer


def branches(seed, dtype):
    """Every container, a ReLU behind a sum, and means; the convolutions are of one geometry."""
    body = [nn.Conv2d(8, 8, 3, padding=1, dtype=dtype) for _ in range(3)]
    return nn.Sequential(
        nn.Residual(nn.Sequential(body[0], nn.ReLU(), body[1])),
        nn.ReLU(),
        nn.Concat(nn.Identity(), body[2]),
        nn.Graph({"a": (nn.Sigmoid(), "input"), "sum": (nn.Add(), "a", "input")}),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(192, 3, dtype=dtype),
        seed=seed,
    )


NETWORKS = {
    "derivation_cnn": (lambda **k: models.derivation_cnn(**k), (1, 6, 6), 1),
    "derivation_mlp": (lambda **k: models.derivation_mlp(30, 20, 5, **k), (30,), 5),
    "lenet5": (lambda **k: models.lenet5(**k), (1, 28, 28), 10),
    "dropout": (
        lambda seed, dtype: nn.Sequential(
            nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2, dtype=dtype),
            nn.Sigmoid(),
            nn.MaxPool2d(3, stride=1, padding=1),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(36, 3, dtype=dtype),
            seed=seed,
        ),
        (2, 6, 6),
        3,
    ),
    "norm": (
        lambda seed, dtype: nn.Sequential(
            nn.Conv2d(2, 6, 3, dtype=dtype),
            nn.BatchNorm2d(6, dtype=dtype),
            nn.ReLU(),
            nn.GroupNorm(2, 6, dtype=dtype),
            nn.Flatten(),
            nn.LayerNorm(96, dtype=dtype),
            nn.Linear(96, 3, dtype=dtype),
            nn.BatchNorm1d(3, momentum=None, dtype=dtype),
            seed=seed,
        ),
        (2, 6, 6),
        3,
    ),
    "branches": (branches, (8, 6, 8), 3),
}
OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "Adam": lambda p: optim.Adam(p, lr=1e-3),
}


def curve(backend, make, shape, outputs, optimizer, dtype):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(20, 8, *shape)).astype(dtype)
    y = rng.integers(0, max(outputs, 2), (20, 8))
    if outputs == 1:
        y = y[..., None].astype(dtype)
    model = make(seed=0, dtype=dtype)
    loss = nn.BCEWithLogitsLoss() if outputs == 1 else nn.CrossEntropyLoss()
    trainer = Trainer(model, loss, OPTIMIZERS[optimizer](model.parameters()), clip_norm=5.0)
    with fastconv.backend(backend):
        return [trainer.step(*batch) for batch in zip(x, y, strict=True)]


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-10)], ids=["float32", "float64"]
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_both_backends_give_the_same_loss_curve(network, optimizer, dtype, tolerance):
    fast, reference = (
        curve(backend, *NETWORKS[network], optimizer, dtype) for backend in ("numba", "reference")
    )
    np.testing.assert_allclose(fast, reference, rtol=tolerance)
    assert reference[-1] != reference[0]
