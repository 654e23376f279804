"""Every kernel in both types, over a few layers of real networks, made small."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from fastconv import reference
from fastconv.types import Array
from fastconv.verification.case import Case, Row, check
from fastconv.verification.elementwise import activation_cases, loss_cases
from fastconv.verification.layers import (
    adaptive_cases,
    arithmetic_cases,
    average_cases,
    convolution_cases,
    dense_cases,
    join_cases,
    resample_cases,
    transposed_cases,
)
from fastconv.verification.norm import norm_cases, response_cases

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

_TRANSPOSED: tuple[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any]], ...] = (
    ("2x2 stride 2", (2, 24, 7, 9), (24, 16, 2, 2), {"stride": 2}),
    ("3x3 stride 2", (2, 16, 8, 7), (16, 20, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ("4x4 stride 2 to few channels", (2, 32, 8, 8), (32, 3, 4, 4), {"stride": 2, "padding": 1}),
    ("2x2 stride 3, apart", (2, 8, 5, 6), (8, 5, 2, 2), {"stride": 3, "groups": 2}),
)

_AVERAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("2x2", {"kernel_size": 2}),
    ("3x3, overlapping", {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}),
    ("3x4, partial", {"kernel_size": (3, 4), "stride": (1, 3), "padding": (1, 2), "ceil_mode": True}),
)

_NORMS: tuple[tuple[tuple[int, ...], int], ...] = (((4, 6, 9, 7), 2), ((3, 40, 5, 5), 8))


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
    for label, size, filters, options in _TRANSPOSED:
        channels = filters[1] * options.get("groups", 1)
        yield from transposed_cases(label, normal(*size), normal(*filters), normal(channels), options)
    image = normal(3, 20, 13, 11)
    yield Case("max_pool2d", {"input": image, "kernel_size": 3, "stride": 2, "padding": 1}, 1)
    _, indices = reference.max_pool2d(image, 3, 2, return_indices=True)
    routed = {"grad_output": normal(*indices.shape), "indices": indices, "input_size": image.shape}
    yield Case("max_pool2d_input", routed, 9)
    for label, options in _AVERAGES:
        yield from average_cases(label, image, options)
    for size in ((1, 1), (4, 5)):
        yield from adaptive_cases(image, size)
        yield Case("adaptive_max_pool2d", {"input": image, "output_size": size}, 1)
    yield from arithmetic_cases(image, normal(*image.shape))
    yield from join_cases(image, normal(*image.shape))
    yield from resample_cases(image)
    for samples, inputs, outputs in ((1, 400, 120), (64, 84, 10), (200, 300, 65)):
        yield from dense_cases(normal(samples, inputs), normal(outputs, inputs), normal(outputs))
    yield from activation_cases(normal(30, 17), normal(30, 17))
    for size, groups in _NORMS:
        yield from norm_cases(f"{size[1]} channels", 3 + 2 * normal(*size), groups)
    yield from response_cases(3 * normal(2, 20, 5, 4), normal(2, 20, 5, 4))
    yield from loss_cases(normal(30, 17), rng.integers(0, 17, 30), normal(30, 17))
