"""The kernels against the reference on this machine.

A result is right when every element has |fast - exact| <= n * eps * scale: `exact` is the reference in
float64, n the length of the sum behind the element, eps the spacing of the result's type at 1, and scale the
sum of the magnitudes that were added, which for a multilinear operation is the operation itself on absolute
values. Winograd's algorithm mixes neighbouring pixels: there the scale is the largest one of a plane.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fastconv import kernels, reference
from fastconv.geometry import pair
from fastconv.types import Array

Scale = Callable[..., Array]


@dataclass
class Case:
    """One call of one operation: its arguments, the terms of a sum, and the scale (None: absolute values).

    With `planes`, the largest scale of a plane serves all of it.
    """

    operation: str
    arguments: dict[str, Any]
    terms: int
    scale: Scale | None = None
    label: str = ""
    planes: bool = False


@dataclass
class Row:
    """The outcome of a case: the largest error in units of terms * eps * scale, and its bound."""

    name: str
    dtype: str
    error: float
    bound: float = field(default=1.0)

    @property
    def passed(self) -> bool:
        """Whether every element lies within the bound."""
        return self.error <= self.bound


def check(case: Case) -> Row:
    """Run a case with the kernels and with the reference in float64, and compare."""
    arguments = case.arguments
    fast = getattr(kernels, case.operation)(**arguments)
    wide = {name: _map(value, lambda a: a.astype(np.float64)) for name, value in arguments.items()}
    exact = getattr(reference, case.operation)(**wide)
    if case.scale is None:
        scale = getattr(reference, case.operation)(
            **{name: _map(value, np.abs) for name, value in wide.items()}
        )
    else:
        scale = case.scale(exact, **wide)
    if case.planes:
        scale = neighbours(scale)
    unit = case.terms * np.finfo(fast.dtype).eps * np.abs(scale)
    difference = np.abs(fast.astype(np.float64) - exact)
    ratio = np.divide(difference, unit, out=np.where(difference == 0, 0.0, np.inf), where=unit > 0)
    error = float(np.max(ratio, initial=0.0))
    name = f"{case.operation} {case.label}".strip()
    return Row(name, str(fast.dtype), error if fast.shape == exact.shape else float("inf"))


def verify(progress: Callable[[Row], None] | None = None) -> list[Row]:
    """Check every kernel in float32 and float64; `progress` is called with each row as it is ready."""
    rows = []
    for dtype in (np.float32, np.float64):
        for case in cases(np.dtype(dtype)):
            rows.append(check(case))
            if progress is not None:
                progress(rows[-1])
    return rows


def cases(dtype: np.dtype[Any]) -> Iterator[Case]:
    """The cases of `verify`: each operation over a few layers of real networks, made small."""
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> Array:
        return rng.standard_normal(shape).astype(dtype)

    for label, size, filters, options in _CONVOLUTIONS:
        for case in convolution_cases(label, normal(*size), normal(*filters), normal(filters[0]), options):
            mixed = "Winograd" in label and case.operation != "conv2d_bias"
            yield replace(case, planes=mixed)
    image = normal(3, 20, 13, 11)
    yield Case("max_pool2d", {"input": image, "kernel_size": 3, "stride": 2, "padding": 1}, 1)
    _, indices = reference.max_pool2d(image, 3, 2, return_indices=True)
    routed = {"grad_output": normal(*indices.shape), "indices": indices, "input_size": image.shape}
    yield Case("max_pool2d_input", routed, 9)
    for label, options in _AVERAGES:
        yield from average_cases(label, image, options)
    for size in ((1, 1), (4, 5)):
        yield from adaptive_cases(image, size)
    for samples, inputs, outputs in ((1, 400, 120), (64, 84, 10), (200, 300, 65)):
        yield from dense_cases(normal(samples, inputs), normal(outputs, inputs), normal(outputs))
    yield from _elementwise_cases(normal(30, 17), normal(30, 17))
    yield from _loss_cases(normal(30, 17), rng.integers(0, 17, 30), normal(30, 17))


_CONVOLUTIONS: tuple[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any]], ...] = (
    ("5x5 on one channel", (4, 1, 28, 28), (6, 1, 5, 5), {"padding": 2}),
    ("3x3 on three channels", (2, 3, 16, 16), (32, 3, 3, 3), {"padding": 1}),
    ("3x3", (2, 20, 15, 13), (48, 20, 3, 3), {"padding": 1}),
    ("1x1", (2, 40, 9, 9), (24, 40, 1, 1), {}),
    ("3x3 stride 2", (2, 16, 17, 17), (32, 16, 3, 3), {"stride": 2, "padding": 1}),
    ("3x2 dilated", (2, 8, 14, 12), (10, 8, 3, 2), {"dilation": (2, 3), "padding": (2, 1)}),
    ("3x3 in 4 groups", (2, 16, 9, 9), (24, 4, 3, 3), {"padding": 1, "groups": 4}),
    ("3x3 depthwise", (2, 24, 10, 10), (24, 1, 3, 3), {"padding": 1, "groups": 24}),
    ("3x3, Winograd", (2, 32, 27, 30), (64, 32, 3, 3), {"padding": 1}),
    ("5x5, Winograd", (2, 32, 23, 18), (64, 32, 5, 5), {"padding": 2}),
)


_AVERAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("2x2", {"kernel_size": 2}),
    ("3x3, overlapping", {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    ("3x4, partial", {"kernel_size": (3, 4), "stride": (1, 3), "padding": (1, 2), "ceil_mode": True}),
)


def neighbours(scale: Array) -> Array:
    """The largest scale of each plane (..., H, W), for every element of it."""
    return np.broadcast_to(scale.max(axis=(-2, -1), keepdims=True), scale.shape)


def convolution_cases(label: str, x: Array, w: Array, bias: Array, options: dict[str, Any]) -> Iterator[Case]:
    """The forward pass of one convolution and its three gradients."""
    _, channels, height, width = w.shape
    forward = {"input": x, "weight": w, "bias": bias, **options}
    dy = reference.conv2d(x[::-1], w, None, **options)
    pixels = dy.size // max(1, dy.shape[1])
    yield Case("conv2d", forward, channels * height * width + 1, label=label)
    backward = {"input_size": x.shape, "weight": w, "grad_output": dy, **options}
    yield Case("conv2d_input", backward, dy.shape[1] * height * width, label=label)
    weight = {"input": x, "weight_size": w.shape, "grad_output": dy, **options}
    yield Case("conv2d_weight", weight, max(1, pixels), label=label)
    yield Case("conv2d_bias", {"grad_output": dy}, max(1, pixels), label=label)


def average_cases(label: str, x: Array, options: dict[str, Any]) -> Iterator[Case]:
    """The forward pass of one average pooling and its input gradient."""
    height, width = pair(options["kernel_size"])
    dy = reference.avg_pool2d(x[::-1], **options)
    yield Case("avg_pool2d", {"input": x, **options}, height * width, label=label)
    backward = {"grad_output": dy, "input_size": x.shape, **options}
    yield Case("avg_pool2d_input", backward, height * width, label=label)


def adaptive_cases(x: Array, size: tuple[int, int]) -> Iterator[Case]:
    """The forward pass of one adaptive average pooling and its input gradient."""
    pixels, windows = x.shape[2] * x.shape[3], size[0] * size[1]
    label = f"to {size[0]}x{size[1]}"
    dy = reference.adaptive_avg_pool2d(x[::-1], size)
    yield Case("adaptive_avg_pool2d", {"input": x, "output_size": size}, pixels, label=label)
    yield Case("adaptive_avg_pool2d_input", {"grad_output": dy, "input_size": x.shape}, windows, label=label)


def dense_cases(x: Array, w: Array, bias: Array) -> Iterator[Case]:
    """The forward pass of one dense layer and its three gradients."""
    outputs, inputs = w.shape
    dy = reference.linear(x[::-1], w)
    label = f"{inputs} to {outputs}, batch {len(x)}"
    yield Case("linear", {"input": x, "weight": w, "bias": bias}, inputs + 1, label=label)
    yield Case("linear_input", {"weight": w, "grad_output": dy}, outputs, label=label)
    yield Case("linear_weight", {"input": x, "grad_output": dy}, max(1, len(x)), label=label)
    yield Case("linear_bias", {"grad_output": dy}, max(1, len(x)), label=label)


def _elementwise_cases(x: Array, dy: Array) -> Iterator[Case]:
    """Activations: `terms` counts roundings, the scale the magnitudes that they act on."""

    def output(exact: Array, **_: Any) -> Array:
        return exact

    def largest(exact: Array, input: Array, dim: int) -> Array:
        return np.abs(exact) + np.ptp(input, axis=dim, keepdims=True)

    def row(exact: Array, output: Array, grad_output: Array, dim: int) -> Array:
        return np.broadcast_to(np.abs(grad_output).sum(axis=dim, keepdims=True), exact.shape)

    yield Case("relu", {"input": x}, 1, output)
    yield Case("relu_input", {"output": reference.relu(x), "grad_output": dy}, 1, output)
    yield Case("sigmoid", {"input": x}, 4, output)
    yield Case("sigmoid_input", {"output": reference.sigmoid(x), "grad_output": dy}, 4, _unsigned_sigmoid)
    for dim in (0, 1):
        terms = x.shape[dim] + 8
        for name, scale in (("softmax", output), ("log_softmax", largest)):
            y = getattr(reference, name)(x, dim)
            yield Case(name, {"input": x, "dim": dim}, terms, scale, f"along {dim}")
            gradient = {"output": y, "grad_output": dy, "dim": dim}
            yield Case(f"{name}_input", gradient, terms, row, f"along {dim}")


def _unsigned_sigmoid(exact: Array, output: Array, grad_output: Array) -> Array:
    return np.abs(grad_output)


def _loss_cases(x: Array, labels: Array, y: Array) -> Iterator[Case]:
    """Losses are computed in float64 and rounded once."""

    def total(exact: Array, **_: Any) -> Array:
        return np.abs(exact) + 1

    yes = (y > 0).astype(x.dtype)
    for suffix in ("", "_input"):
        yield Case("cross_entropy" + suffix, {"input": x, "target": labels}, 4, total)
        yield Case(
            "cross_entropy" + suffix, {"input": x, "target": reference.softmax(y, 1)}, 4, total, "soft"
        )
        yield Case("binary_cross_entropy_with_logits" + suffix, {"input": x, "target": yes}, 4, total)
        yield Case("mse_loss" + suffix, {"input": x, "target": y}, 4, total)


def _map(value: Any, change: Callable[[Array], Array]) -> Any:
    """Change floating-point arrays, leave labels, indices, shapes and options alone."""
    return change(value) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
