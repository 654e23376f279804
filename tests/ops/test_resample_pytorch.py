"""PyTorch's own samples of interpolation, padding and pixel shuffle, computed by the twins."""

import inspect
import sys
import unittest
from types import SimpleNamespace

import numpy as np
import pytest

import fastconv
from fastconv import functional, grad

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch

VARIANTS = [
    *(("interpolate", mode) for mode in ("nearest", "linear", "bilinear")),
    *(("pad", mode) for mode in ("constant", "reflect", "replicate", "circular")),
    ("pixel_shuffle", ""),
]


@pytest.fixture(scope="module")
def described():
    # PyTorch's own test cases inherit from this; it need not be installed, for none of them runs here.
    sys.modules.setdefault("expecttest", SimpleNamespace(TestCase=unittest.TestCase))
    from torch.testing._internal.common_methods_invocations import op_db

    return {(op.name.removeprefix("nn.functional."), op.variant_test_name): op for op in op_db}


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_values_and_gradients(described, name, variant):
    operation, rng, compared = described[name, variant], np.random.default_rng(0), 0
    gradient = getattr(grad, f"{name}_input")
    for sample in operation.sample_inputs("cpu", torch.float64, requires_grad=True):
        options = dict(sample.kwargs)
        recomputed = options.pop("recompute_scale_factor", False)
        if recomputed or (name == "interpolate" and sample.input.ndim == 5):
            continue
        names = inspect.signature(getattr(functional, name)).bind(sample.input, *sample.args, **options)
        given = {key: value for key, value in names.arguments.items() if value is not None}
        given["input"] = sample.input.detach().numpy()
        theirs = operation(sample.input, *sample.args, **sample.kwargs)
        with fastconv.backend("reference"):
            ours = getattr(functional, name)(**given)
            g = rng.standard_normal(ours.shape)
            known = {**given, "grad_output": g, "input_size": given["input"].shape}
            needed = inspect.signature(gradient).parameters
            dx = gradient(**{key: value for key, value in known.items() if key in needed})
        assert ours.shape == tuple(theirs.shape), sample
        theirs.backward(torch.from_numpy(g))
        for mine, other in ((ours, theirs.detach()), (dx, sample.input.grad)):
            np.testing.assert_allclose(mine, other.numpy(), rtol=1e-11, atol=1e-12, err_msg=str(sample))
        compared += 1
    assert compared >= 3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axes", [1, 2])
def test_the_nearest_pixels_are_pytorchs(axes, dtype):
    rng = np.random.default_rng(0)
    factors = [0.3, 0.5, 1 / 3, 0.9, 1.5, 1.7, 2.0, 2.3, 3.1, *rng.uniform(0.5, 2.5, 8)]
    for n in (1, 2, 3, 4, 8, 17, 34, 51, 57, 59):
        x = torch.arange(n, dtype=getattr(torch, dtype)).expand(1, 1, *(n,) * axes).clone()
        if axes == 2:
            x = x.expand(1, 4, n, n).contiguous(memory_format=torch.channels_last)
        for how in [{"size": 2 * n + 1}, *({"scale_factor": f} for f in factors if int(n * f))]:
            with fastconv.backend("reference"):
                ours = functional.interpolate(x.numpy(), **how)
            theirs = torch.nn.functional.interpolate(x, **how).numpy()
            np.testing.assert_array_equal(ours, theirs, err_msg=f"{n} {how}")
