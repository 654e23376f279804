"""Residual: what layers change of their input, added to the input."""

from typing import Any, ClassVar

import numpy as np

from fastconv import exchange
from fastconv import functional as F
from fastconv.attributes import Checks
from fastconv.nn.architecture import build, described
from fastconv.nn.base import Backward, Gradients, Layer, Node
from fastconv.nn.containers.arguments import layer_of, layer_or_none
from fastconv.nn.containers.elementwise import Add
from fastconv.nn.containers.ways import Ways
from fastconv.nn.places import locate
from fastconv.nn.tree import prefixed
from fastconv.types import Array, Shape


class Residual(Ways):
    """y = body(x) + shortcut(x); without a shortcut y = body(x) + x.

    dx = dbody(dy) + dshortcut(dy): the gradient goes both ways and adds up. He et al., "Deep residual
    learning for image recognition", 2015. The parameters are named `body.0.weight`, `shortcut.0.weight`. Body
    and shortcut have to give one shape; where the body changes the number of channels or the size, a 1x1
    convolution with the same stride is the usual shortcut. A ReLU after it is computed with the sum.

    **Arguments:**

    - `body`: a layer, mostly a `Sequential`.
    - `shortcut`: a layer for the other way; None leaves x as it is.
    """

    body: Layer
    shortcut: Layer | None
    checks: ClassVar[Checks] = {"body": layer_of, "shortcut": layer_or_none}

    def __init__(self, body: Layer, shortcut: Layer | None = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The sum of both ways, and the gradients' closure."""
        if type(x) is not np.ndarray:
            x = exchange.taken("Residual", "x", x)
        of_body, body = self._way("body", x, training)
        of_shortcut, shortcut = (x, None) if self.shortcut is None else self._way("shortcut", x, training)
        if of_body.shape != of_shortcut.shape:
            batch = x.ndim > 3 or of_body.ndim < 3  # an image may come without
            raise self._misfit(*(part.shape[batch:] for part in (of_body, of_shortcut)))
        y = F.add(of_body, of_shortcut)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            dx, found = body(dy, input_gradient)
            gradients = prefixed("body", found)
            other: Array | None = dy
            if shortcut is not None:
                other, found = shortcut(dy, input_gradient)
                gradients |= prefixed("shortcut", found)
            both = F.add(dx, other) if dx is not None and other is not None and input_gradient else None
            return both, self._added_up(gradients)

        return y, backward

    def _way(self, name: str, x: Array, training: bool) -> tuple[Array, Backward]:
        """What one of the two gives, and its closure."""
        layer = vars(self)[name]
        try:
            y, closure = layer.forward(x, training)
        except (TypeError, ValueError) as error:
            locate(error, name, layer, x)
            raise

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            try:
                return closure(dy, input_gradient=input_gradient)
            except (TypeError, ValueError) as error:
                locate(error, name, layer)
                raise

        return y, backward

    def _ways(self) -> dict[str, Layer]:
        """The body, and the shortcut if there is a layer."""
        ways = {"body": self.body, "shortcut": self.shortcut}
        return {name: layer for name, layer in ways.items() if layer is not None}

    def _join(self) -> Layer:
        return Add()

    def _ends(self, name: str, source: str) -> tuple[list[Node], list[str]]:
        """A way without a layer ends where it begins."""
        nodes, ends = super()._ends(name, source)
        return nodes, ends if self.shortcut is not None else [*ends, source]

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape that both ways give."""
        shapes = {"shortcut": tuple(input_shape), **self._shapes(input_shape)}
        if len({*shapes.values()}) != 1:
            raise self._misfit(shapes["body"], shapes["shortcut"])
        return shapes["body"]

    def _misfit(self, body: Shape, other: Shape) -> ValueError:
        """The error for ways that give these shapes of a sample."""
        way, fits = "the shortcut", "a shortcut that gives the body's shape would fit"
        if self.shortcut is None:
            way = "the input"
            if len(body) == len(other) == 3 and body[1:] == other[1:]:
                fits = f"shortcut=nn.Conv2d({other[0]}, {body[0]}, 1) would fit"
        return ValueError(f"Residual: the body gives {body} and {way} {other}, needs one shape; {fits}")

    def _inside(self) -> dict[str, Any]:
        return {name: described(layer) for name, layer in self._ways().items()}

    @classmethod
    def from_description(cls, arguments: dict[str, Any]) -> "Residual":
        """The described body and shortcut, freshly initialised."""
        return cls(**{name: build(inside) for name, inside in arguments.items()})
