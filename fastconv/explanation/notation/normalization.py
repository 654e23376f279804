"""Layers that normalise: mean, variance, x-hat, y, and their gradients.

Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
shift", 2015; layer, group and instance norm take their means over other entries, and are derived alike.
"""

from dataclasses import dataclass

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.numbers import plain
from fastconv.explanation.steps import Formula

Norm = nn.BatchNorm1d | nn.BatchNorm2d | nn.InstanceNorm1d | nn.InstanceNorm2d | nn.GroupNorm | nn.LayerNorm


@dataclass(frozen=True)
class NormNotation(Notation):
    """The lines of a layer that normalises, with the symbols of what lies inside."""

    x: str
    mean: str
    variance: str
    normalized: str


@describe.register
def _norm(layer: Norm, symbols: Symbols, x: str) -> Notation:
    names = layer.parameters()
    number = str(symbols.count(layer) if names else symbols.number or "")
    mean, variance = symbols.inside(f"mu{number}"), symbols.inside(f"var{number}")
    if not names:
        y = symbols.name(f"xhat{number}")
        forward = Formula(y, f"({x} - {mean}) / sqrt({variance} + eps)", note=epsilon(layer))
        return NormNotation(y, forward, {}, {0: _of_input(y, x, mean, variance)}, x, mean, variance, y)
    z, y = symbols.inside(f"xhat{number}"), symbols.name(f"Z{number}")
    gamma, beta = f"gamma{number}", f"beta{number}"
    right = f"{gamma} * {z}" + (f" + {beta}" if "bias" in names else "")
    gradients: dict[str | int, Formula] = {"weight": Formula("", f"sum({d(y)} * {z})", note=_summed(layer))}
    if "bias" in names:
        gradients["bias"] = Formula("", f"sum({d(y)})", note=_summed(layer))
    gradients[0] = _of_input(z, x, mean, variance)
    parameters = {"weight": gamma, "bias": beta} if "bias" in names else {"weight": gamma}
    return NormNotation(y, Formula(y, right), parameters, gradients, x, mean, variance, z)


@describe.register
def _local_response_norm(layer: nn.LocalResponseNorm, symbols: Symbols, x: str) -> Notation:
    y, beta, scale = symbols.numbered("N"), plain(layer.beta), f"{plain(layer.alpha)} / {layer.size}"
    note = f"D = {plain(layer.k)} + {scale} * the sum of {x}^2 over {layer.size} channels around each"
    factor = plain(2 * layer.alpha * layer.beta / layer.size)
    others = f"sum({d(y)} * {x} / D^({plain(layer.beta + 1)}))"
    back = Formula(
        "",
        f"{d(y)} / D^({beta}) - {factor} {x} * {others}",
        note="the sum over the channels in whose D it is",
    )
    return Notation(y, Formula(y, f"{x} / D^({beta})", note=note), {}, {0: back})


def _of_input(z: str, x: str, mean: str, variance: str) -> Formula:
    """The gradient of what is normalised: through x-hat, the variance and the mean."""
    root = f"sqrt({variance} + eps)"
    right = f"{d(z)} / {root} + {d(variance)} * 2 ({x} - {mean}) / m + {d(mean)} / m"
    return Formula("", right, note=f"m = how many entries of {x} share a mean")


def averaged(layer: Norm) -> str:
    """Over what the means are taken."""
    if isinstance(layer, nn.LayerNorm):
        axes = len(layer.normalized_shape)
        return "of each example, over its last axis" if axes == 1 else f"over the last {axes} axes"
    if isinstance(layer, nn.GroupNorm):
        return f"of each of the {layer.num_groups} groups of channels of each example"
    if isinstance(layer, nn.InstanceNorm1d | nn.InstanceNorm2d):
        over = "pixels" if isinstance(layer, nn.InstanceNorm2d) else "values"
        return f"of each channel of each example, over its {over}"
    pixels = " and its pixels" if isinstance(layer, nn.BatchNorm2d) else ""
    return f"of each channel, over the batch{pixels}: as in training, where prediction takes running means"


def _summed(layer: Norm) -> str:
    """Over what the gradients of gamma and beta are summed."""
    return "summed over the examples" if isinstance(layer, nn.LayerNorm) else "summed over each channel"


def epsilon(layer: Norm) -> str:
    """What is added to the variance."""
    return f"eps = {plain(layer.eps)}"
