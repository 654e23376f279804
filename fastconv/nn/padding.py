"""Layers that put something around signals and images, or crop them."""

import math
from functools import partial
from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn.activation.closure import of_input
from fastconv.nn.base import Backward, Layer
from fastconv.ops.rank import LINE, PLANE, Rank
from fastconv.ops.resample import padded_size, padding
from fastconv.types import Array, Shape
from fastconv.validate import wrong_value


def _sides(kind: str, name: str, value: Any, axes: int) -> tuple[int, ...]:
    """(left, right) or (left, right, top, bottom), of one number or of these."""
    numbers = tuple(value) if isinstance(value, (tuple, list)) else (value,) * (2 * axes)
    if len(numbers) != 2 * axes:
        needs = "one integer or " + ("(left, right)" if axes == 1 else "(left, right, top, bottom)")
        raise wrong_value(kind, name, value, needs)
    return tuple([validate.integer(kind, name, n, -validate.LARGEST) for n in numbers])


class _Pad(Layer):
    """What the layers here share: all but what they put around."""

    rank: ClassVar[Rank] = PLANE
    mode: ClassVar[str] = "constant"
    padding: Any

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        super().__init__()
        self._set(padding=padding)

    def _value(self) -> float:
        """What is put around."""
        return 0.0

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """x with its border, and the gradient's closure."""
        sides, mode = self.padding, self.mode
        y, shape = F.pad(x, sides, mode, self._value()), x.shape
        return y, of_input(lambda dy: grad.pad_input(dy, shape, sides, mode))

    def output_shape(self, input_shape: Shape) -> Shape:
        """(C, H, W) -> (C, top + H + bottom, left + W + right), or (C, L) -> (C, left + L + right)."""
        name, shape = type(self).__name__, validate.size(type(self).__name__, "input_shape", input_shape)
        if len(shape) != self.rank.axes + 1:
            needs = ", ".join(["channels", *self.rank.sides])
            raise ValueError(f"{name}: got shape {shape}, needs ({needs})")
        sides = padding(name, "input", (1, *shape), self.padding, self.mode)
        return padded_size(shape, sides)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        sides = self.padding
        return {"padding": sides[0] if len({*sides}) == 1 else sides}


_NUMBER = partial(validate.number, low=-math.inf, high=math.inf)
_LINE: Checks = {"padding": partial(_sides, axes=1)}
_PLANE: Checks = {"padding": partial(_sides, axes=2)}


class ZeroPad1d(_Pad):
    """Zeros around a signal; dx is the part of dy that lies inside.

    **Arguments:**

    - `padding`: how many, (left, right) or one number for both; numbers below 0 crop.
    """

    rank = LINE
    checks = _LINE


class ZeroPad2d(_Pad):
    """Zeros around an image; dx is the part of dy that lies inside.

    **Arguments:**

    - `padding`: how many, (left, right, top, bottom) or one number for all sides; numbers below 0 crop.
    """

    takes_images = True
    checks = _PLANE


class _ConstantPad(_Pad):
    """What ConstantPad1d and ConstantPad2d share: their number."""

    value: float

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def _value(self) -> float:
        return self.value

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().config(), "value": self.value}


class ConstantPad1d(_ConstantPad):
    """One number around a signal; dx is the part of dy that lies inside.

    **Arguments:**

    - `padding`: how often, (left, right) or one number for both; numbers below 0 crop.
    - `value`: the number, which may be infinite.
    """

    rank = LINE
    checks: ClassVar[Checks] = {**_LINE, "value": _NUMBER}


class ConstantPad2d(_ConstantPad):
    """One number around an image; dx is the part of dy that lies inside.

    **Arguments:**

    - `padding`: how often, (left, right, top, bottom) or one number for all sides; numbers below 0 crop.
    - `value`: the number, which may be infinite.
    """

    takes_images = True
    checks: ClassVar[Checks] = {**_PLANE, "value": _NUMBER}


class ReflectionPad1d(_Pad):
    """A signal mirrored at its ends; dx adds up dy where a value went.

    **Arguments:**

    - `padding`: (left, right) or one number for both,
      less than the size; numbers below 0 crop.
    """

    mode = "reflect"
    rank = LINE
    checks = _LINE


class ReflectionPad2d(_Pad):
    """An image mirrored at its ends; dx adds up dy where a pixel went.

    **Arguments:**

    - `padding`: (left, right, top, bottom) or one number for all sides,
      less than the size; numbers below 0 crop.
    """

    mode = "reflect"
    takes_images = True
    checks = _PLANE


class ReplicationPad1d(_Pad):
    """The first and last values of a signal repeated; dx adds up dy where one went.

    **Arguments:**

    - `padding`: (left, right) or one number for both; numbers below
      0 crop.
    """

    mode = "replicate"
    rank = LINE
    checks = _LINE


class ReplicationPad2d(_Pad):
    """The first and last pixels of an image repeated; dx adds up dy where one went.

    **Arguments:**

    - `padding`: (left, right, top, bottom) or one number for all sides; numbers below
      0 crop.
    """

    mode = "replicate"
    takes_images = True
    checks = _PLANE


class CircularPad1d(_Pad):
    """The other end of a signal put around it; dx adds up dy where one went.

    **Arguments:**

    - `padding`: (left, right) or one number for both,
      at most the size; numbers below 0 crop.
    """

    mode = "circular"
    rank = LINE
    checks = _LINE


class CircularPad2d(_Pad):
    """The other end of an image put around it; dx adds up dy where one went.

    **Arguments:**

    - `padding`: (left, right, top, bottom) or one number for all sides,
      at most the size; numbers below 0 crop.
    """

    mode = "circular"
    takes_images = True
    checks = _PLANE
