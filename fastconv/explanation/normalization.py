"""The numbers inside the layers that normalise: mean, variance, x-hat, and their gradients."""

import math
from collections.abc import Sequence

import numpy as np

from fastconv import nn
from fastconv.explanation.inner import Inner, InnerGradient, inside, inside_gradients, size_of_terms
from fastconv.explanation.notation import d
from fastconv.explanation.notation.normalization import Norm, NormNotation, averaged, epsilon
from fastconv.explanation.steps import Formula
from fastconv.explanation.terms import mean_terms
from fastconv.types import Array, Shape


@inside.register
def _values(layer: Norm, notation: NormNotation, x: Array) -> Sequence[Inner]:
    inner = _Inside(layer, x)
    average = f"mean({notation.x})"
    squares = f"mean(({notation.x} - {notation.mean})^2)"
    mean, variance = inner.shown(inner.mean), inner.shown(inner.variance)
    of_mean = mean_terms(notation.mean, inner.x, mean)
    of_variance = mean_terms(notation.variance, (inner.x - inner.mean) ** 2, variance)
    found = [
        Inner(Formula(notation.mean, average, terms=of_mean, note=averaged(layer)), mean),
        Inner(Formula(notation.variance, squares, terms=of_variance), variance),
    ]
    if notation.parameters:
        right = f"({notation.x} - {notation.mean}) / sqrt({notation.variance} + eps)"
        line = Formula(notation.normalized, right, note=epsilon(layer))
        found.append(Inner(line, inner.joined(inner.normalized).astype(x.dtype)))
    return found


@inside_gradients.register
def _gradients(layer: Norm, notation: NormNotation, x: Array, dy: Array) -> Sequence[InnerGradient]:
    inner = _Inside(layer, x)
    z, mean, variance = notation.normalized, notation.mean, notation.variance
    dz, found = inner.cut(dy.astype(np.float64)), []
    if notation.parameters:
        dz = dz * inner.weight
        back = inner.joined(dz).astype(x.dtype)
        at = inner.joined(inner.normalized)
        line = Formula(d(z), f"{d(notation.output)} * {notation.parameters['weight']}")
        reach = np.maximum(1, np.abs(at))
        found.append(InnerGradient(line, back, at, lambda a: inner.output(inner.cut(a)), reach))
    off, spread = inner.x - inner.mean, inner.variance + layer.eps
    dvar = (dz * off).sum(axis=-1, keepdims=True) * -0.5 * spread**-1.5
    dmean = -dz.sum(axis=-1, keepdims=True) / np.sqrt(spread) - 2 * dvar * off.mean(axis=-1, keepdims=True)
    right = f"-1/2 sum({d(z)} * ({notation.x} - {mean})) / ({variance} + eps)^(3/2)"
    found.append(
        InnerGradient(
            Formula(d(variance), right, note="the sum over the entries that share a variance"),
            inner.shown(dvar),
            inner.shown(inner.variance),
            lambda v: inner.output(off / np.sqrt(v.reshape(inner.mean.shape) + layer.eps)),
            inner.shown(spread),
        )
    )
    right = f"-sum({d(z)}) / sqrt({variance} + eps) - 2 {d(variance)} * mean({notation.x} - {mean})"
    found.append(
        InnerGradient(
            Formula(d(mean), right, note="the second term is 0: the mean deviation from the mean"),
            inner.shown(dmean),
            inner.shown(inner.mean),
            lambda mu: inner.output(inner.standardized(mu.reshape(inner.mean.shape))),
            inner.shown(np.sqrt(spread)),
        )
    )
    return found


@size_of_terms.register
def _terms(layer: Norm, notation: NormNotation, x: Array, dy: Array) -> Array:
    inner = _Inside(layer, x)
    dz, z = np.abs(inner.weight * inner.cut(dy.astype(np.float64))), np.abs(inner.normalized)
    through_mean = dz.mean(axis=-1, keepdims=True)
    through_variance = z * (dz * z).mean(axis=-1, keepdims=True)
    return inner.joined((dz + through_mean + through_variance) / np.sqrt(inner.variance + layer.eps))


class _Inside:
    """The numbers of a layer that normalises, in float64, in rows of entries that share a mean.

    For batch norm a row is a channel; for the others a group of channels, or the last axes, of one example.
    """

    def __init__(self, layer: Norm, x: Array) -> None:
        self._layer, self._like = layer, x
        self._by_channel = isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
        self._means = _shape_of_means(layer, x.shape)
        self.x = self.cut(x.astype(np.float64))
        self.mean = self.x.mean(axis=-1, keepdims=True)
        self.variance = ((self.x - self.mean) ** 2).mean(axis=-1, keepdims=True)
        self.normalized = self.standardized(self.mean)
        self.weight, self._bias = self._parameter("weight", 1.0), self._parameter("bias", 0.0)

    def cut(self, values: Array) -> Array:
        """Values in the form of x in rows."""
        if self._by_channel:
            values = np.moveaxis(values, 1, 0)
        return values.reshape(math.prod(self._means), -1)

    def joined(self, rows: Array) -> Array:
        """Rows in the form of x."""
        shape = self._like.shape
        if not self._by_channel:
            return rows.reshape(shape)
        return np.moveaxis(rows.reshape(shape[1], shape[0], *shape[2:]), 0, 1)

    def shown(self, values: Array) -> Array:
        """A number for each row as the derivation shows it."""
        return values.reshape(self._means).astype(self._like.dtype)

    def standardized(self, mean: Array) -> Array:
        """x-hat as a function of the mean, with the variance around it."""
        off = self.x - mean
        return off / np.sqrt((off**2).mean(axis=-1, keepdims=True) + self._layer.eps)

    def output(self, normalized: Array) -> Array:
        """The layer's output from rows of x-hat."""
        return self.joined(self.weight * normalized + self._bias)

    def _parameter(self, name: str, default: float) -> Array:
        """A parameter in rows, once for each entry of x."""
        values = np.asarray(self._layer.parameters().get(name, default), np.float64)
        if values.ndim and not isinstance(self._layer, nn.LayerNorm):
            values = values.reshape(-1, *(1,) * (self._like.ndim - 2))
        return self.cut(np.broadcast_to(values, self._like.shape))


def _shape_of_means(layer: Norm, shape: Shape) -> Shape:
    """How the means of an input of this shape are arranged."""
    if isinstance(layer, nn.LayerNorm):
        return (*shape[: len(shape) - len(layer.normalized_shape)], 1)
    if isinstance(layer, nn.GroupNorm):
        return (shape[0], layer.num_groups)
    return shape[:2] if isinstance(layer, nn.InstanceNorm1d | nn.InstanceNorm2d) else (shape[1],)
