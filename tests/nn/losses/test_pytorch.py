"""The losses give PyTorch's values and gradients, for every weighting and number of samples."""

import numpy as np
import pytest

from fastconv import nn

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

N, C = 7, 4
RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(N, C, 2, 3))
ANSWERS = RNG.uniform(0.01, 0.99, LOGITS.shape)
LABELS = RNG.integers(0, C, (N, 2, 3))
LABELS[1] = LABELS[2, 0] = LABELS[5] = -100
PROBABILITIES = RNG.dirichlet(np.ones(C), (N, 2, 3)).transpose(0, 3, 1, 2)
WEIGHT = np.array([0.5, 3.0, 0.0, 1.25])
SAMPLE_WEIGHT = np.array([2.0, 1.0, 0.0, 0.25, 3.0, 1.0, 0.5])

CASES = {
    f"{kind}, {reduction}, {', '.join(f'{name} {value}' for name, value in options.items())}": (
        kind,
        target,
        {"reduction": reduction, **options},
    )
    for reduction in ("mean", "sum")
    for kind, target, every in [
        (
            "CrossEntropyLoss",
            LABELS,
            [{}, {"weight": WEIGHT}, {"label_smoothing": 0.3}, {"weight": WEIGHT, "label_smoothing": 0.3}],
        ),
        (
            "CrossEntropyLoss",
            PROBABILITIES,
            [{}, {"weight": WEIGHT}, {"label_smoothing": 0.3}, {"weight": WEIGHT, "label_smoothing": 0.3}],
        ),
        (
            "BCEWithLogitsLoss",
            PROBABILITIES,
            [{}, {"weight": WEIGHT[:, None, None]}, {"pos_weight": WEIGHT[:, None, None]}],
        ),
        ("MSELoss", PROBABILITIES, [{}]),
        ("NLLLoss", LABELS, [{}, {"weight": WEIGHT}]),
        ("L1Loss", PROBABILITIES, [{}]),
        ("SmoothL1Loss", PROBABILITIES, [{}, {"beta": 0.5}]),
        ("HuberLoss", PROBABILITIES, [{}, {"delta": 0.5}]),
        ("BCELoss", PROBABILITIES, [{}, {"weight": WEIGHT[:, None, None]}]),
    ]
    for options in every
}
each_case = pytest.mark.parametrize(
    ("kind", "target", "options"), CASES.values(), ids=[f"{i}: {name[:50]}" for i, name in enumerate(CASES)]
)


def theirs(kind, x, target, options, sample_weight):
    """PyTorch's loss and gradient; with sample weights the mean's divisor stays as it is without."""
    tensors = {k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    x, target = torch.from_numpy(x).requires_grad_(), torch.from_numpy(np.ascontiguousarray(target))
    make = getattr(torch.nn, kind)
    if sample_weight is None:
        loss = make(**tensors)(x, target)
    else:
        terms = make(**{**tensors, "reduction": "none"})(x, target)
        weights = torch.from_numpy(sample_weight).reshape(-1, *[1] * (terms.ndim - 1))
        loss = (terms * weights).sum()
        if options["reduction"] == "mean":
            loss = loss / divisor(kind, terms, target, tensors)
    loss.backward()
    return loss.item(), x.grad.numpy()


def divisor(kind, terms, target, tensors):
    if kind not in ("CrossEntropyLoss", "NLLLoss") or target.is_floating_point():
        return terms.numel()
    counted = target[target != -100]
    return tensors["weight"][counted].sum() if "weight" in tensors else counted.numel()


@each_case
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_values_and_gradients(kind, target, options, weighted, each_backend):
    loss = getattr(nn, kind)(**options)
    for first in range(N):
        for last in range(first + 1, N + 1):
            output = ANSWERS if kind == "BCELoss" else LOGITS
            x, y = output[first:last].copy(), target[first:last]
            sample_weight = SAMPLE_WEIGHT[first:last] if weighted else None
            value, backward = loss.forward(x, y, sample_weight)
            gradient = backward()
            if loss.reduction == "mean" and not loss.count(x, y, sample_weight):
                # PyTorch's gradient is 0 or NaN there, as the weights and the smoothing have it.
                assert np.isnan(value)
                assert not gradient.any()
                continue
            expected, expected_gradient = theirs(kind, x, y, options, sample_weight)
            assert value == pytest.approx(expected, rel=1e-13, abs=1e-15)
            np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-12, atol=1e-15)
