"""Layers that change the size of images."""

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe
from fastconv.explanation.notation.settings import INPUT, OUTPUT, TAP, by, times
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.numbers import plain
from fastconv.explanation.steps import Formula

_SIDES = "left", "right", "top", "bottom"
_MODES = {"reflect": "mirrored", "replicate": "repeated", "circular": "circular"}


@describe.register
def _upsample(layer: nn.Upsample, symbols: Symbols, x: str) -> Notation:
    y, size = symbols.numbered("U"), symbols.shapes[x][2:]
    to = layer.output_shape(symbols.shapes[x][1:])[1:]
    aligned = ", corners aligned" if layer.align_corners else ""
    right = f"upsample({x} to {by(to)}, {layer.mode}{aligned})"
    if layer.mode != "nearest":
        forward = Formula(y, right, note="between pixels the weighted mean of their neighbours")
        note = "each output's gradient goes to the pixels of its mean, by their weights"
        return Notation(y, forward, {}, {0: Formula("", f"collect({d(y)})", note=note)})
    entries = into = ""
    if not any(p % n for p, n in zip(to, size, strict=True)):  # each pixel becomes a block of this size
        factors = [p // n for p, n in zip(to, size, strict=True)]
        axes = range(len(factors))
        out, taps, pixels = (",".join(letters[k] for k in axes) for letters in (OUTPUT, TAP, INPUT))
        copied = ",".join(f"{times(factors[k], OUTPUT[k])}+{TAP[k]}" for k in axes)
        entries = f"{y}[{copied}] = {x}[{out}]"
        summed = ",".join(f"{times(factors[k], INPUT[k])}+{TAP[k]}" for k in axes)
        into = f"[{pixels}] = sum_{{{taps}}} {d(y)}[{summed}]"
    forward = Formula(y, right, entries, note="each output is a copy of the nearest pixel")
    note = "each pixel gets the sum of the gradients of its copies"
    return Notation(y, forward, {}, {0: Formula("", f"collect({d(y)})", into, note=note)})


@describe.register
def _pixel_shuffle(layer: nn.PixelShuffle, symbols: Symbols, x: str) -> Notation:
    y, r = symbols.numbered("U"), layer.upscale_factor
    pixel = f"c,{times(r, 'i')}+m,{times(r, 'j')}+n"
    channel = f"{times(r * r, 'c')}+{times(r, 'm')}+n,i,j"
    forward = Formula(y, f"pixelshuffle({x}, {r})", f"{y}[{pixel}] = {x}[{channel}]")
    back = Formula("", f"unshuffle({d(y)}, {r})", f"[{channel}] = {d(y)}[{pixel}]")
    return Notation(y, forward, {}, {0: back})


Pad = (
    nn.ZeroPad1d | nn.ZeroPad2d | nn.ConstantPad1d | nn.ConstantPad2d | nn.ReflectionPad1d
    | nn.ReflectionPad2d | nn.ReplicationPad1d | nn.ReplicationPad2d | nn.CircularPad1d | nn.CircularPad2d
)  # fmt: skip


@describe.register
def _pad(layer: Pad, symbols: Symbols, x: str) -> Notation:
    y, sides = symbols.name(x), layer.padding
    around = ", ".join(f"{side} {n}" for side, n in zip(_SIDES, sides, strict=False) if n) or "0"
    index = ",".join(INPUT[: len(sides) // 2])
    before = reversed(sides[::2])  # of the first axis first
    shifted = ",".join(_plus(letter, shift) for letter, shift in zip(INPUT, before, strict=False))
    value = f", {plain(layer.value)}" if isinstance(layer, nn.ConstantPad1d | nn.ConstantPad2d) else ""
    if layer.mode != "constant":
        forward = Formula(y, f"pad({x}, {around}, {_MODES[layer.mode]})", f"{y}[{shifted}] = {x}[{index}]")
        note = "each entry gets the sum of the gradients of its copies"
        return Notation(y, forward, {}, {0: Formula("", f"collect({d(y)})", note=note)})
    back = Formula("", f"crop({d(y)}, {around})", f"[{index}] = {d(y)}[{shifted}]")
    forward = Formula(y, f"pad({x}, {around}{value})", f"{y}[{shifted}] = {x}[{index}]")
    return Notation(y, forward, {}, {0: back})


def _plus(index: str, shift: int) -> str:
    return f"{index}{shift:+}" if shift else index
