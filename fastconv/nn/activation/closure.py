"""The gradient's closure of layers without parameters."""

from collections.abc import Callable

from fastconv.nn.base import Backward, Gradients
from fastconv.types import Array


def of_input(gradient: Callable[[Array], Array]) -> Backward:
    """The closure of a layer whose input gradient is this function of dy."""

    def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
        return (gradient(dy) if input_gradient else None), {}

    return backward
