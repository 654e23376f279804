"""What becomes of recorded operations before they run: rules, in order, that keep all bits."""

from collections.abc import Callable, Iterable
from typing import Any

from fastconv.plan.operations import Operations
from fastconv.plan.places import Places
from fastconv.plan.record import Operation, Recording
from fastconv.types import Array

RECTIFYING = "conv2d", "channel_norm", "add"
"""The operations that can store the positive part of their result."""


def rewritten(recording: Recording, places: Places, outputs: Iterable[Array]) -> list[Operation]:
    """The operations after all rules; `outputs` are read after the last one."""
    operations = Operations(recording, places, outputs)
    operations.drop_unread()
    for names, rule in RULES:
        for operation in list(operations.all):
            if operation.name in names and operation in operations.all:
                rule(operations, operation)
    operations.drop_unread()
    return operations.all


def rectified(operations: Operations, relu: Operation) -> None:
    """max(f(x), 0) of what can store that: memory is written once."""
    source = relu.given["input"]
    maker = operations.maker(source, *RECTIFYING)
    if maker is None or maker.given["relu"] or _read_by_others(operations, maker, source, relu):
        return
    operations.replace((maker, relu), maker.name, **{**maker.given, "relu": True})


def masked_before_routing(operations: Operations, mask: Operation) -> None:
    """The gradient of a pool's rectified input is masked where it is smaller: before it is routed.

    A maximum is positive where the pixel that it is of is, so dy · [y > 0] routed to the maxima y is what
    the routed dy is where the pixels are positive.
    """
    route = operations.maker(mask.given["grad_output"], "max_pool2d_input")
    pool = route and operations.maker(route.given["indices"], "max_pool2d", "adaptive_max_pool2d")
    if not route or not pool or not operations.read_once(mask.given["grad_output"]):
        return
    if not operations.same(pool.given["input"], mask.given["output"]):
        return
    slope = {"output": pool.result[0], "grad_output": route.given["grad_output"]}
    operations.put_before(route, "relu_input", "grad_output", **slope)
    operations.pass_on(mask, mask.given["grad_output"])


def placed(operations: Operations, route: Operation) -> None:
    """Where windows do not meet, the pooling keeps a byte for each maximum, and the gradient is written once.

    The mask of a ReLU before the pooling is part of the load of dy.
    """
    from fastconv.kernels.pool import apart, pays

    indices, dy = route.given["indices"], route.given["grad_output"]
    pool = operations.maker(indices, "max_pool2d")
    if pool is None or not operations.read_once(indices):
        return
    window = {name: pool.given[name] for name in WINDOW}
    if not (apart(**window) and pays(dy.shape[1], dy.dtype)):
        return
    mask = _mask(operations, dy, pool.result[0]) if operations.read_once(dy) else None
    new = operations.instead((pool,), "max_pool2d_placed", input=pool.given["input"], **window)
    y, places = new.result
    given = {"places": places, "input_size": route.given["input_size"], **window}
    if mask:
        masked = {"grad_output": mask.given["grad_output"], "output": y}
        operations.replace((mask, route), "max_pool2d_placed_input", **masked, **given)
    else:
        operations.replace((route,), "max_pool2d_placed_input", grad_output=dy, output=None, **given)


def pooled(operations: Operations, pool: Operation) -> None:
    """Of a first convolution with few filters, its ReLU and its pooling, only maxima and places are stored.

    The gradients of filters and bias make that of the convolution again, in the cache, from the pooled one.
    """
    from fastconv.kernels.conv import poolable

    z = pool.given["input"]
    conv = operations.maker(z, "conv2d")
    if conv is None or not (conv.given["relu"] and operations.read_once(z)) or conv.given["stages"]:
        return
    if tuple(pool.given[name] for name in WINDOW) != HALVING:
        return
    x, weight, groups = conv.given["input"], conv.given["weight"], conv.given["groups"]
    geometry = {name: conv.given[name] for name in ("stride", "padding", "dilation")}
    if not poolable(x.shape, weight.shape, *geometry.values(), groups, x.dtype):
        return
    gradients = _pooled_gradients(operations, pool) if pool.given["return_indices"] else []
    if gradients is None:
        return
    given = {"input": x, "weight": weight, "bias": conv.given["bias"], **geometry}
    places = operations.instead((conv, pool), "conv2d_pooled", **given).result[1]
    for dy, gradient in gradients:
        of = {"grad_output": dy, "places": places}
        if gradient.name == "conv2d_bias":
            operations.replace((gradient,), "conv2d_pooled_bias", **of, size=z.shape[2:])
        else:
            of = {"input": x, "weight_size": gradient.given["weight_size"], **of, **geometry}
            operations.replace((gradient,), "conv2d_pooled_weight", **of)


def _pooled_gradients(operations: Operations, pool: Operation) -> list[tuple[Array, Operation]] | None:
    """Those of filters and bias, each with the gradient of the pooling's result; None if there are others."""
    y, indices = pool.result
    routes = operations.readers(indices)
    if [route.name for route in routes] != ["max_pool2d_input"]:
        return None
    mask = _mask(operations, routes[0].given["grad_output"], y)
    if mask is None:
        return None
    gradients = operations.readers(routes[0].result)
    if not all(gradient.name in ("conv2d_weight", "conv2d_bias") for gradient in gradients):
        return None
    return [(mask.given["grad_output"], gradient) for gradient in gradients]


def _mask(operations: Operations, slope: Array, y: Array) -> Operation | None:
    """What has made a gradient by masking another one where y is not positive, if that has made it."""
    mask = operations.maker(slope, "relu_input")
    return mask if mask and operations.same(mask.given["output"], y) else None


def masked_in_norm(operations: Operations, gradient: Operation) -> None:
    """Batch norm's gradient reads dy where its rectified output is positive: the mask is part of a load."""
    mask = operations.maker(gradient.given["grad_output"], "relu_input")
    if mask is None or gradient.given["output"] is not None:
        return
    if operations.read_once(gradient.given["grad_output"]):
        masked = {"grad_output": mask.given["grad_output"], "output": mask.given["output"]}
        operations.replace((mask, gradient), "channel_norm_gradients", **{**gradient.given, **masked})


def staged(operations: Operations, last: Operation) -> None:
    """What follows a convolution is done while results are in the cache; a chain of others is one pass."""
    from fastconv.kernels.chain import fits

    for running, others in operands(last):
        source = last.given[running]
        maker = operations.maker(source, "conv2d", *STAGES)
        if maker is None or _read_by_others(operations, maker, source, last):
            continue
        name, given, stages = maker.name, maker.given, maker.given.get("stages", ())
        if name not in ("conv2d", "chain"):
            first, rest = operands(maker)[0]
            name, given, stages = "chain", {"input": maker.given[first]}, ((maker.name, *rest),)
        given = {**given, "stages": (*stages, (last.name, *others))}
        grows = name == "chain" and given["input"].shape != source.shape
        if not grows and fits(given["stages"], source.shape):
            operations.replace((maker, last), name, **given)
            return


def _read_by_others(operations: Operations, maker: Operation, source: Array, reader: Operation) -> bool:
    """Whether an operation is not the only one that reads an array, which is noted."""
    if operations.read_once(source):
        return False
    reader.note = f"apart from {maker.name}, which others read"
    return True


def operands(operation: Operation) -> list[tuple[str, tuple[Any, ...]]]:
    """The argument that an operation maps element by element, with its other ones; of a sum either."""
    first, *others = operation.given
    found = [(first, tuple(operation.given[name] for name in others))]
    if operation.name in ("add", "multiply"):
        swapped = (operation.given["input"], *(operation.given[name] for name in others[1:]))
        found.append(("other", swapped))
    return found


WINDOW = "kernel_size", "stride", "padding", "dilation", "ceil_mode"
HALVING = (2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1), False
"""The window that takes one of four neighbours."""
ACTIVATIONS = (
    "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus", "hardswish", "hardsigmoid",
    "hardtanh", "relu6", "prelu",
)  # fmt: skip
STAGES = *ACTIVATIONS, "channel_norm", "add", "multiply", "subtract", "divide", "maximum", "minimum", "chain"
"""The operations that can be stages, and those of which they are made."""

RULES: tuple[tuple[tuple[str, ...], Callable[[Operations, Operation], None]], ...] = (
    (("relu",), rectified),
    (STAGES, staged),
    (("relu_input",), masked_before_routing),
    (("max_pool2d",), pooled),
    (("max_pool2d_input",), placed),
    (("channel_norm_gradients",), masked_in_norm),
)
"""The operations at which each rule looks, in the order in which they are tried."""
