"""The cases of one layer: its forward pass and its gradients."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastconv import reference
from fastconv.geometry import pair
from fastconv.types import Array
from fastconv.verification.case import Case


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


def transposed_cases(label: str, x: Array, w: Array, bias: Array, options: dict[str, Any]) -> Iterator[Case]:
    """One transposed convolution, whose gradients are convolutions."""
    channels, _, height, width = w.shape
    arguments = {"input": x, "weight": w, "bias": bias, **options}
    yield Case("conv_transpose2d", arguments, channels * height * width + 1, label=label)


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


def join_cases(x: Array, other: Array) -> Iterator[Case]:
    """Images one after the other and apart again."""
    yield Case("concat", {"inputs": [x, other[:, :3]], "dim": 1}, 1)
    yield Case("concat_input", {"grad_output": x, "sizes": (3, x.shape[1] - 3), "dim": 1}, 1)


def arithmetic_cases(x: Array, other: Array) -> Iterator[Case]:
    """Two images, or an image and a number for each of its channels, and the sums that undo it."""
    for relu in (False, True):
        yield Case("add", {"input": x, "other": other, "relu": relu}, 1, label="with ReLU" * relu)
    for label, second in (("", other), ("by channels", other[:, :, :1, :1].copy())):
        for name in ("subtract", "multiply", "divide", "maximum", "minimum"):
            yield Case(name, {"input": x, "other": second}, 1, _of_two, label)
    for size in ((*x.shape[:2], 1, 1), (x.shape[1], 1, 1), (*x.shape[:1], 1, *x.shape[2:])):
        summed = {"input": x, "size": size}
        terms = x.size // math.prod(size)
        yield Case("sum_to_size", summed, terms, label=f"to {size}")
        yield Case("sum_to_size", {**summed, "factor": other}, terms, label=f"of products to {size}")


def _of_two(exact: Array, input: Array, other: Array) -> Array:
    """The magnitudes that are added, or that of the result."""
    return np.maximum(np.abs(exact), np.maximum(np.abs(input), np.abs(other)))


def resample_cases(x: Array) -> Iterator[Case]:
    """Images with other sizes, and the way back of their gradients."""
    for mode in ("nearest", "bilinear"):
        how: dict[str, Any] = {"scale_factor": (2.0, 1.7), "mode": mode}
        # Positions, from which the weights come, are as exact as the largest of them.
        terms = 1 if mode == "nearest" else 8
        yield Case("interpolate", {"input": x, **how}, terms, label=mode)
        dy = reference.interpolate(x[::-1], **how)
        backward = {"grad_output": dy, "input_size": x.shape, **how}
        yield Case("interpolate_input", backward, 16, label=mode)
    for mode in ("constant", "reflect"):
        around: dict[str, Any] = {"pad": (1, 2, 3, 0), "mode": mode}
        yield Case("pad", {"input": x, **around}, 1, label=mode)
        dy = reference.pad(x[::-1], **around)
        yield Case("pad_input", {"grad_output": dy, "input_size": x.shape, **around}, 4, label=mode)
    yield Case("pixel_shuffle", {"input": x, "upscale_factor": 2}, 1)
    dy = reference.pixel_shuffle(x, 2)
    yield Case("pixel_shuffle_input", {"grad_output": dy, "upscale_factor": 2}, 1)


def dense_cases(x: Array, w: Array, bias: Array) -> Iterator[Case]:
    """The forward pass of one dense layer and its three gradients."""
    outputs, inputs = w.shape
    dy = reference.linear(x[::-1], w)
    label = f"{inputs} to {outputs}, batch {len(x)}"
    yield Case("linear", {"input": x, "weight": w, "bias": bias}, inputs + 1, label=label)
    yield Case("linear_input", {"weight": w, "grad_output": dy}, outputs, label=label)
    yield Case("linear_weight", {"input": x, "grad_output": dy}, max(1, len(x)), label=label)
    yield Case("linear_bias", {"grad_output": dy}, max(1, len(x)), label=label)
