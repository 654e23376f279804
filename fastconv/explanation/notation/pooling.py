"""Poolings."""

import math

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe
from fastconv.explanation.notation.settings import INPUT, OUTPUT, TAP, by, indices, places, settings_of
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.steps import Formula

_EVENLY = "windows that cover all of the input evenly"
Adaptive = nn.AdaptiveAvgPool1d | nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d


@describe.register
def _max_pool(layer: nn.MaxPool1d | nn.MaxPool2d, symbols: Symbols, x: str) -> Notation:
    y = symbols.numbered("P")
    settings = settings_of(layer, stride=layer.config()["kernel_size"], padding=0, dilation=1)
    seen = f"{x}[{places(layer, symbols.shapes[x][2:])}]"
    forward = Formula(
        y,
        f"maxpool({x}, {by(layer.kernel_size)}{settings})",
        f"{y}[{indices(layer, OUTPUT)}] = max_{{{indices(layer, TAP)}}} {seen}",
    )
    return Notation(y, forward, {}, {0: _routed(y)})


@describe.register
def _avg_pool(layer: nn.AvgPool1d | nn.AvgPool2d, symbols: Symbols, x: str) -> Notation:
    y, out = symbols.numbered("P"), indices(layer, OUTPUT)
    usual = {"stride": layer.config()["kernel_size"], "padding": 0, "ceil_mode": False}
    settings = settings_of(layer, **usual, count_include_pad=True, divisor_override=None)
    partly = layer.ceil_mode or not layer.count_include_pad or isinstance(layer.padding, str)
    divisor = f"k[{out}]" if partly else str(math.prod(layer.kernel_size))
    note = f"k[{out}] counts the {_entry(layer)}s of the window" if partly else ""
    override = layer.config().get("divisor_override")
    if override is not None:
        divisor, note = str(override), ""
    seen = f"{x}[{places(layer, symbols.shapes[x][2:])}]"
    entries = f"{y}[{out}] = sum_{{{indices(layer, TAP)}}} {seen} / {divisor}"
    forward = Formula(y, f"avgpool({x}, {by(layer.kernel_size)}{settings})", entries, note=note)
    return Notation(y, forward, {}, {0: _shared(layer, y, divisor)})


@describe.register
def _adaptive_avg_pool(
    layer: nn.AdaptiveAvgPool1d | nn.AdaptiveAvgPool2d, symbols: Symbols, x: str
) -> Notation:
    y, into = symbols.numbered("P"), _letters(layer, INPUT)
    if {*layer.output_size} == {1}:
        note = f"of each {'plane' if len(layer.output_size) == 2 else 'channel'}, with k {_entry(layer)}s"
        forward = Formula(y, f"mean({x})", f"{y} = sum_{{{into}}} {x}[{into}] / k", note=note)
        return Notation(y, forward, {}, {0: _shared(layer, y, "k")})
    out = _letters(layer, OUTPUT)
    note = f"{_EVENLY}; k[{out}] counts the {_entry(layer)}s of the window"
    entries = f"{y}[{out}] = sum_{{{into}}} {x}[{into}] / k[{out}]"
    forward = Formula(y, f"avgpool({x} to {_size(layer)})", entries, note=note)
    return Notation(y, forward, {}, {0: _shared(layer, y, f"k[{out}]")})


@describe.register
def _adaptive_max_pool2d(layer: nn.AdaptiveMaxPool2d, symbols: Symbols, x: str) -> Notation:
    y = symbols.numbered("P")
    if layer.output_size == (1, 1):
        forward = Formula(y, f"max({x})", f"{y} = max_{{u,v}} {x}[u,v]", note="of each plane")
    else:
        entries = f"{y}[i,j] = max_{{u,v}} {x}[u,v]"
        forward = Formula(y, f"maxpool({x} to {_size(layer)})", entries, note=_EVENLY)
    return Notation(y, forward, {}, {0: _routed(y)})


def _routed(y: str) -> Formula:
    """The input gradient of a max-pooling."""
    note = "each window's gradient goes to its maximum (the first of equals), everything else gets 0"
    return Formula("", f"route({d(y)} to the maxima)", note=note)


def _shared(layer: nn.AvgPool1d | nn.AvgPool2d | Adaptive, y: str, divisor: str) -> Formula:
    """The input gradient of an average pooling."""
    note = f"each {_entry(layer)} of a window gets an equal share of the window's gradient"
    return Formula("", f"share({d(y)} / {divisor} in each window)", note=note)


def _entry(layer: nn.AvgPool1d | nn.AvgPool2d | Adaptive) -> str:
    """What a signal or an image consists of."""
    return "value" if isinstance(layer, nn.AvgPool1d | nn.AdaptiveAvgPool1d) else "pixel"


def _letters(layer: Adaptive, letters: str) -> str:
    return ",".join(letters[: len(layer.output_size)])


def _size(layer: Adaptive) -> str:
    """The output's size, H and W where it is the image's, L where it is the signal's."""
    names = "HW" if len(layer.output_size) == 2 else "L"
    pairs = zip(layer.output_size, names, strict=True)
    sizes = [whole if size is None else str(size) for size, whole in pairs]
    return f"({', '.join(sizes)})" if len(sizes) > 1 else sizes[0]
