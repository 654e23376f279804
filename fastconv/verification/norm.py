"""The cases of normalisation, whose sums are float64: in float32 a result is off by a few roundings alone."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastconv import reference
from fastconv.types import Array, Shape
from fastconv.verification.case import Case

ROUNDINGS = 8
"""Roundings of an element that is shifted, scaled and shifted again, on any way."""


def norm_cases(label: str, x: Array, groups: int) -> Iterator[Case]:
    """Normalisation of channels, of `groups` of them and of whole samples as rows, and the gradients."""
    samples, channels = x.shape[:2]
    w, b = x.ravel()[:channels].copy(), x.ravel()[-channels:].copy()
    dy = x[::-1].copy()
    longest = x.size // min(channels, samples * groups)
    terms = ROUNDINGS + (longest if x.dtype == np.float64 else 0)
    for number in (None, groups):
        name = f"{label}, {'channels' if number is None else f'{number} groups'}"
        yield Case("channel_statistics", {"input": x, "num_groups": number}, terms, _deviations, name)
        mean, var = reference.channel_statistics(x, number)
        given = {"mean": mean, "var": var, "weight": w}
        yield Case("channel_norm", {"input": x, **given, "bias": b}, ROUNDINGS, _magnitudes, name)
        y = reference.channel_norm(x, mean, var, w, b, relu=True)
        gradient = {"grad_output": dy, "input": x, **given}
        for output, masked in ((None, ""), (y, ", relu")):
            options = {"output": output, "training": True}
            yield Case("channel_norm_gradients", {**gradient, **options}, terms, _gradients, name + masked)
    shape = x.shape[1:]
    rows = {"input": x, "normalized_shape": shape, "weight": x[0].copy()}
    options = {"bias": dy[0], "return_statistics": True}
    yield Case("layer_norm", {**rows, **options}, terms, _row_magnitudes, label)
    _, mean, var = reference.layer_norm(x, shape, return_statistics=True)
    gradient = {"grad_output": dy, **rows, "mean": mean, "var": var}
    yield Case("layer_norm_gradients", gradient, terms, _row_gradients, label)


def response_cases(x: Array, dy: Array) -> Iterator[Case]:
    """Local response norm, whose power is a logarithm and an exponential, and its gradient."""

    def magnitudes(exact: Array, **_: Any) -> Array:
        return np.abs(exact)

    def gradients(exact: Array, input: Array, grad_output: Array, **options: Any) -> Array:
        """Both terms of the difference, of which the first is dy y / x."""
        x, g = np.abs(input), np.abs(grad_output)
        first = g * reference.local_response_norm(x, **options) / x
        return 2 * first - reference.local_response_norm_input(x, g, **options)

    for size in (3, 5):
        terms, options = 2 * ROUNDINGS + size, {"size": size, "alpha": 0.5, "beta": 0.75, "k": 2.0}
        yield Case("local_response_norm", {"input": x, **options}, terms, magnitudes, f"{size}")
        gradient = {"input": x, "grad_output": dy, **options}
        yield Case("local_response_norm_input", gradient, terms, gradients, f"{size}")


def _deviations(exact: tuple[Array, Array], input: Array, num_groups: int | None) -> tuple[Array, Array]:
    """The largest magnitudes of which means are taken."""
    mean, _ = exact
    x = input.swapaxes(0, 1) if num_groups is None else input
    x = x.reshape(*mean.shape, math.prod(x.shape) // mean.size)
    return np.abs(x).max(axis=-1), ((x - mean[..., None]) ** 2).max(axis=-1)


def _magnitudes(exact: Array, input: Array, mean: Array, var: Array, weight: Array, bias: Array) -> Array:
    """The normalised magnitudes: (|x| + |mean|) * |weight| / sqrt(var + eps) + |bias|."""
    return reference.channel_norm(np.abs(input), -np.abs(mean), var, np.abs(weight), np.abs(bias))


def _gradients(
    exact: Any, grad_output: Array, input: Array, mean: Array, var: Array, weight: Array, **_: Any
) -> tuple[Array, Array, Array]:
    """The three formulas on magnitudes, with a plus in place of each minus."""
    z = reference.channel_norm(np.abs(input), -np.abs(mean), var)
    axes = (0, *range(2, input.ndim))
    g = np.abs(grad_output)
    scaled = g * np.abs(weight).reshape(-1, *[1] * (input.ndim - 2))
    zero, one = np.zeros_like(mean), np.ones_like(mean)

    def averaged(values: Array) -> Array:
        """The mean of what shares a statistic, at each of them."""
        means, _ = reference.channel_statistics(values, None if mean.ndim == 1 else mean.shape[1])
        return reference.channel_norm(np.zeros_like(values), -means, one, eps=0.0)

    dx = scaled + averaged(scaled) + z * averaged(scaled * z)
    return (g * z).sum(axis=axes), g.sum(axis=axes), reference.channel_norm(dx, zero, var)


def _row_magnitudes(
    exact: tuple[Array, ...], input: Array, normalized_shape: Shape, weight: Array, bias: Array, **_: Any
) -> tuple[Array, ...]:
    """A sample is one group of as many channels as it has elements."""
    x, w, b = input.reshape(len(input), -1), weight.ravel(), bias.ravel()
    statistics = reference.channel_statistics(x, 1)
    y = _magnitudes(exact[0], x, *statistics, w, b).reshape(input.shape)
    return y, *(scale.ravel() for scale in _deviations(statistics, x, 1))


def _row_gradients(
    exact: Any, grad_output: Array, input: Array, mean: Array, var: Array, weight: Array, **_: Any
) -> tuple[Array, ...]:
    """A sample is one group of as many channels as it has elements."""
    x, dy = input.reshape(len(input), -1), grad_output.reshape(len(input), -1)
    scales = _gradients(exact, dy, x, mean[:, None], var[:, None], weight.ravel())
    return tuple(s.reshape(e.shape) for s, e in zip(scales, exact, strict=True))
