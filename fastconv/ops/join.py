"""Arrays that are put one after the other along an axis, and taken apart again."""

from collections.abc import Sequence

from fastconv import validate
from fastconv.backends import active
from fastconv.types import Array, Shape
from fastconv.validate import arrays, wrong_type, wrong_value


def concat(inputs: Sequence[Array], dim: int = 1) -> Array:
    """Put arrays one after the other along axis `dim`, as torch.cat.

    `inputs` is a list or tuple of arrays (..., n_i, ...) whose shapes differ along `dim` alone; returns
    (..., Σ n_i, ...). TypeError for wrong types, ValueError for shapes that do not fit.
    """
    if not isinstance(inputs, list | tuple):
        raise wrong_type("concat", "inputs", type(inputs).__name__, "a list of arrays")
    if not inputs:
        raise wrong_value("concat", "inputs", "none", "one array at least")
    given = arrays("concat", ("inputs",) * len(inputs), *inputs)
    first = given[0].shape
    dim = _axis("concat", dim, first)
    for number, array in enumerate(given):
        wanted = (*first[:dim], array.shape[dim] if array.ndim == len(first) else 0, *first[dim + 1 :])
        if array.shape != wanted:
            got, needs = f"shape {array.shape} at {number}", f"{first} but for axis {dim}, as the first has"
            raise wrong_value("concat", "inputs", got, needs)
    return active().concat(given, dim)


def concat_input(grad_output: Array, sizes: Shape, dim: int = 1) -> list[Array]:
    """Gradient of concat with respect to its inputs: the part of grad_output that each of them became.

    `sizes` are those of the inputs along `dim`, n_i; they add up to that of grad_output (..., Σ n_i, ...).
    Returns a list of arrays (..., n_i, ...), each with memory of its own. TypeError for wrong types,
    ValueError for sizes that do not fit.
    """
    name = "concat_input"
    G = validate.array(name, "grad_output", grad_output)
    dim = _axis(name, dim, G.shape)
    parts = validate.size(name, "sizes", sizes)
    if sum(parts) != G.shape[dim]:
        needs = f"{G.shape[dim]} in all, the size of grad_output along axis {dim}"
        raise wrong_value(name, "sizes", parts, needs)
    return active().concat_input(G, parts, dim)


def _axis(function: str, dim: int, shape: tuple[int, ...]) -> int:
    """The axis, counted from 0; ValueError for an array without axes."""
    if not shape:
        raise wrong_value(function, "dim", dim, "arrays with at least one axis")
    return validate.axis(function, dim, shape) % len(shape)
