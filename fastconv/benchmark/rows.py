"""Rows: one layer a line, in text files that are named after the network the layers are from.

A line has four fields: the kind with the size of its input, what makes the layer, options, a name.

    conv 64 3 32 32 | 32 3 3 | padding=1 bias | conv1

What each kind takes stands in `KINDS`. The option `quick` marks the rows of `fastconv bench --quick`. What
follows a # is a comment.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fastconv.geometry import axes
from fastconv.types import Shape

LAYERS = Path(__file__).parent / "layers"
"""The files that come with fastconv."""

PASSES = {
    "forward": "forward",
    "input": "input gradient",
    "weight": "weight gradient",
    "both": "loss and gradient",
    "step": "optimizer step",
    "train": "training step",
    "predict": "prediction",
}
"""What of a row is measured, by its name on the command line."""


class Kind(NamedTuple):
    """What a line of this kind says; a size that ends in "..." takes any number of entries."""

    size: str
    layer: str
    options: tuple[str, ...]
    passes: tuple[str, ...]


_WEIGHTED = ("forward", "input", "weight")

KINDS = {
    "conv": Kind("N C H W", "K R S", ("stride", "padding", "dilation", "groups", "bias"), _WEIGHTED),
    "dense": Kind("N IN", "OUT", ("bias",), _WEIGHTED),
    "max_pool": Kind("N C H W", "R S", ("stride", "padding"), ("forward", "input")),
    "avg_pool": Kind("N C H W", "R S", ("stride", "padding"), ("forward", "input")),
    "adaptive_avg_pool": Kind("N C H W", "P Q", (), ("forward", "input")),
    "relu": Kind("N ...", "", (), ("forward", "input")),
    "sigmoid": Kind("N ...", "", (), ("forward", "input")),
    "softmax": Kind("N CLASSES", "", (), ("forward", "input")),
    "cross_entropy": Kind("N CLASSES", "", (), ("forward", "both")),
    "sgd": Kind("SHAPE ...", "", (), ("step",)),
    "adam": Kind("SHAPE ...", "", (), ("step",)),
    "network": Kind("N ...", "", ("predict",), ("train", "predict")),
}

FLAGS = "bias", "predict"
"""Options without a number."""
NETWORKS = "networks"
"""The set of whole networks; the first word of a row's name is that of the network."""
POOLS = ("max_pool", "avg_pool", "adaptive_avg_pool")


@dataclass(frozen=True)
class Row:
    """One layer, all parameters of a network for an optimizer, or a whole network."""

    set: str
    kind: str
    size: Shape
    """Of the input; of an optimizer's row empty."""
    layer: Shape
    """(K, R, S) of a convolution, (OUT,) of a dense layer, (R, S) of a pooling, (P, Q) of an adaptive one."""
    options: tuple[tuple[str, int], ...]
    name: str
    line: str
    """The line without its comment, from which `parse` makes this row again."""
    shapes: tuple[Shape, ...] = ()
    """Of the parameters that an optimizer updates."""
    quick: bool = False

    @property
    def passes(self) -> tuple[str, ...]:
        """What of this row can be measured; of a network with the option `predict` its prediction alone."""
        return ("predict",) if self.option("predict") else KINDS[self.kind].passes

    @property
    def groups(self) -> int:
        """Groups of a convolution."""
        return self.option("groups", 1)

    @property
    def outer(self) -> Shape:
        """Height and width of the output of a convolution or a pooling."""
        if self.kind == "adaptive_avg_pool":
            return self.layer
        padding, dilation = self.option("padding"), self.option("dilation", 1)
        height, width = axes(self.size, self.layer[-2:], self.stride, padding, dilation)
        return height.outputs, width.outputs

    @property
    def stride(self) -> int:
        """The stride; of a pooling, if none is given, its height."""
        return self.option("stride", self.layer[0] if self.kind in POOLS else 1)

    @property
    def described(self) -> str:
        """The row in words: 64x3x32x32, 32 of 3x3, padding 1."""
        if self.shapes:
            elements = sum(map(math.prod, self.shapes))
            return f"{elements:,} parameters in {len(self.shapes)} arrays"
        parts = [_crossed(self.size)]
        if self.kind == "dense":
            parts = [f"batch {self.size[0]}", f"{self.size[1]} to {self.layer[0]}"]
        elif self.kind == "conv":
            parts.append(f"{self.layer[0]} of {_crossed(self.layer[1:])}")
        elif self.kind in POOLS:
            parts.append("to " * (self.kind == "adaptive_avg_pool") + _crossed(self.layer))
        parts += [f"{name} {value}" for name, value in self.options if name not in FLAGS]
        return ", ".join(parts)

    def option(self, name: str, default: int = 0) -> int:
        """The value of an option, or the default where the line says nothing."""
        return dict(self.options).get(name, default)


def parse(line: str, set: str = "", where: str = "") -> Row:
    """Make a row of a line; ValueError, which begins with `where`, for one that says something else."""
    fields = [field.strip() for field in line.split("|")]
    kind, *numbers = fields[0].split() or [""]
    if kind not in KINDS:
        raise ValueError(f"{where}got kind {kind!r}, needs one of {', '.join(KINDS)}")
    form = KINDS[kind]
    needs = f"needs '{kind} {form.size} | {form.layer}{' ' * bool(form.layer)}| OPTIONS | NAME'"
    try:
        _, layer, options, name = fields
        shapes = tuple(tuple(_positive(part) for part in number.split("x")) for number in numbers)
        size = tuple(number for (number,) in shapes) if kind not in ("sgd", "adam") else ()
        filters = tuple(_positive(number) for number in layer.split())
    except ValueError:
        raise ValueError(f"{where}got {line.strip()!r}, {needs}") from None
    fits = bool(shapes) if form.size.endswith("...") else len(size) == len(form.size.split())
    if not fits or len(filters) != len(form.layer.split()) or not name:
        raise ValueError(f"{where}got {line.strip()!r}, {needs}")
    chosen = dict(_option(word, form.options, where) for word in options.split())
    quick = bool(chosen.pop("quick", 0))
    row = Row(
        set, kind, size, filters, tuple(chosen.items()), name, line.strip(), () if size else shapes, quick
    )
    _check(row, where)
    return row


def read(source: str) -> list[Row]:
    """The rows of the set of this name, or of a file whose name ends in .txt, which then names the set.

    ValueError for an unknown set and for a line that is no row; FileNotFoundError for a missing file.
    """
    if source.endswith(".txt"):
        path = Path(source)
    elif source in names():
        path = LAYERS / f"{source}.txt"
    else:
        raise ValueError(f"--set: got {source!r}, needs a file FILE.txt or one of {', '.join(names())}")
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        content = line.split("#")[0].strip()
        if content:
            rows.append(parse(content, path.stem, f"{path}:{number}: "))
    if not rows:
        raise ValueError(f"{path}: got a file without a row, needs one layer a line")
    return rows


def names() -> tuple[str, ...]:
    """The sets that come with fastconv: whole networks, layers of networks by age, and what cuts across."""
    return (
        NETWORKS,
        *("lenet", "alexnet", "vgg", "resnet18", "resnet50", "mobilenet", "unet", "cifar"),
        *("few_channels", "batch1", "dense", "pool", "elements", "optimizers"),
    )


def _crossed(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def _option(word: str, known: tuple[str, ...], where: str) -> tuple[str, int]:
    """Name and value of `name=value`; a name alone has the value 1."""
    name, given, value = word.partition("=")
    if name not in (*known, "quick") or (given and not value.isdecimal()):
        needs = " ".join(option if option in FLAGS else f"{option}=NUMBER" for option in known)
        raise ValueError(f"{where}got option {word!r}, needs one of: {needs} quick".replace(":  ", ": "))
    return name, int(value) if given else 1


def _check(row: Row, where: str) -> None:
    """Refuse a layer that cannot be."""
    if row.kind == "conv" and (row.size[1] % row.groups or row.layer[0] % row.groups):
        needs = f"a divisor of {row.size[1]} and {row.layer[0]}"
        raise ValueError(f"{where}got groups={row.groups}, needs {needs}")
    if row.kind in ("conv", *POOLS):
        if min(row.stride, row.option("dilation", 1)) < 1:
            raise ValueError(f"{where}got a stride or a dilation of 0, needs at least 1")
        if min(row.outer) < 1:
            got = f"an output of {_crossed(row.outer)}"
            raise ValueError(f"{where}got {got}, needs a larger image or padding")
