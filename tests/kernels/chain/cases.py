"""Stages for the tests of chains, and the operations one after another."""

import numpy as np

from fastconv import kernels


def in_sequence(x, stages):
    """What the operations give one after another."""
    for name, *arguments in stages:
        x = getattr(kernels, name)(x, *arguments)
    return x


def channels_last(x):
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def image(shape, dtype, seed=0):
    """Numbers, and what is no number: NaN, infinities, zeros of both signs."""
    x = 3 * np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0], dtype)
    x.reshape(-1)[:: max(1, x.size // 7)][: len(odd)] = odd[: x.size]
    return x


def norm(channels, dtype, *options):
    rng = np.random.default_rng(1)
    mean, weight, bias = (rng.standard_normal(channels).astype(dtype) for _ in range(3))
    var = rng.random(channels).astype(dtype) + dtype(0.1)
    return ("channel_norm", mean, var, weight, bias, *options)


def row(channels, dtype, seed=2):
    """A number for each channel of (N, C, H, W)."""
    return np.random.default_rng(seed).standard_normal((channels, 1, 1)).astype(dtype)


def after_a_layer(shape, dtype):
    """Stages of each kind."""
    channels = shape[1]
    return (
        norm(channels, dtype, 1e-3),
        ("multiply", row(channels, dtype)),
        ("prelu", row(channels, dtype, 3).ravel()),
        ("hardswish",),
        ("add", image(shape, dtype, 4)),
        ("hardtanh", -1.0, 1.25),
    )
