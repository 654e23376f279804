"""Networks of ours as functions of JAX, one function a class of layers. Imports JAX."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
from jax import lax
from jax import numpy as jnp

from fastconv import nn
from fastconv.nn.base import INPUT
from fastconv.types import Array, Shape

Arrays = dict[str, Any]
"""Arrays of a network by their names in its state dict."""
KEY = "key"
"""The name, among the buffers, of what random numbers come from."""


class Layout(NamedTuple):
    """How images and filters lie in memory, in letters: `N`, `C` or `O` and `I`, and the axes."""

    images: str
    filters: str

    @property
    def channels(self) -> int:
        """The axis of the channels of an image."""
        return self.images.index("C")

    @property
    def pixels(self) -> tuple[int, int]:
        """The axes of height and width of an image."""
        return self.images.index("H"), self.images.index("W")

    def laid_out(self, x: Array) -> Array:
        """An image (N, C, H, W) in this layout; anything else as it is."""
        return x.transpose(["NCHW".index(axis) for axis in self.images]) if x.ndim == 4 else x

    def usual(self, x: Array) -> Array:
        """An image in this layout as (N, C, H, W); anything else as it is."""
        return x.transpose([self.images.index(axis) for axis in "NCHW"]) if x.ndim == 4 else x

    def window(self, pixels: Sequence[Any], other: Any = 1) -> tuple[Any, ...]:
        """What belongs to each axis of an image: `pixels` to height and width, to those without `other`."""
        height, width = pixels
        return tuple({"H": height, "W": width}.get(axis, other) for axis in self.images)


NCHW, NHWC = Layout("NCHW", "OIHW"), Layout("NHWC", "HWIO")


class Network:
    """A model as a pure function: `network(parameters, buffers, x, training) -> (output, buffers)`."""

    def __init__(self, model: nn.Layer, layout: Layout) -> None:
        self.layout, self.nodes = layout, model.nodes()

    def __call__(self, parameters: Arrays, buffers: Arrays, x: Any, training: bool) -> tuple[Any, Arrays]:
        """The output for a batch in the layout, and the buffers as they are after it."""
        arrays, values = parameters | buffers, {INPUT: x}
        for name, layer, inputs in self.nodes:
            place = _Place(self.layout, training, name, arrays)
            values[name] = _FUNCTIONS[type(layer)](place, layer, *(values[source] for source in inputs))
        return values[self.nodes[-1].name], {name: arrays[name] for name in buffers}


def arrays(model: nn.Layer, input_shape: Shape, layout: Layout) -> tuple[Arrays, Arrays]:
    """The parameters and the buffers that a model has now, in the shapes that suit the layout."""
    shapes, flattened = {INPUT: input_shape}, dict[str, Shape]()
    parameters, buffers = Arrays(), Arrays()
    for name, layer, inputs in model.nodes():
        shapes[name] = layer.output_shape(*(shapes[source] for source in inputs))
        if isinstance(layer, nn.Flatten):
            flattened[name] = shapes[inputs[0]]
        for own, array in layer.parameters().items():
            weight = own == "weight"
            suited = _suited(layer, array, layout, flattened.get(inputs[0], ())) if weight else array
            parameters[f"{name}.{own}"] = jnp.array(suited)
        buffers |= {f"{name}.{own}": jnp.array(array) for own, array in layer.buffers().items()}
        if isinstance(layer, nn.Dropout):
            buffers[KEY] = jax.random.key(0)
    return parameters, buffers


class _Place(NamedTuple):
    """Where a layer stands in a network: what it may read there, and replace."""

    layout: Layout
    training: bool
    name: str
    arrays: Arrays

    def __call__(self, own: str) -> Any:
        """The layer's array of this name; None without one."""
        return self.arrays.get(f"{self.name}.{own}")

    def replace(self, own: str, array: Any) -> None:
        """A buffer's new value."""
        self.arrays[f"{self.name}.{own}"] = array

    def each(self, vector: Any, x: Any) -> Any:
        """A number for each channel, in a shape that broadcasts to x."""
        return lax.expand_dims(vector, self.others(x)) if x.ndim == 4 else vector

    def others(self, x: Any) -> tuple[int, ...]:
        """The axes of x but that of the channels."""
        channels = self.layout.channels if x.ndim == 4 else 1
        return tuple(axis for axis in range(x.ndim) if axis != channels)


def _suited(layer: nn.Layer, weight: Array, layout: Layout, flattened: Shape) -> Array:
    """A weight as its layer's function takes it; `flattened` is the shape of the images it reads flat."""
    if isinstance(layer, nn.ConvTranspose2d):
        weight = weight[:, :, ::-1, ::-1].swapaxes(0, 1)
    if weight.ndim == 4:
        return weight.transpose(["OIHW".index(axis) for axis in layout.filters])
    if isinstance(layer, nn.Linear) and len(flattened) == 3:
        weight = layout.laid_out(weight.reshape(-1, *flattened)).reshape(weight.shape)
    return weight.T


def _conv2d(at: _Place, layer: nn.Conv2d, x: Any) -> Any:
    numbers = at.layout.images, at.layout.filters, at.layout.images
    options = {"rhs_dilation": layer.dilation, "feature_group_count": layer.groups}
    window = layer.stride, layer.padding
    y = lax.conv_general_dilated(x, at("weight"), *window, dimension_numbers=numbers, **options)
    return y if layer.bias is None else y + at.each(at("bias"), y)


def _conv_transpose2d(at: _Place, layer: nn.ConvTranspose2d, x: Any) -> Any:
    numbers = at.layout.images, at.layout.filters, at.layout.images
    reach = [d * (taps - 1) for d, taps in zip(layer.dilation, layer.kernel_size, strict=True)]
    sides = zip(reach, layer.padding, layer.output_padding, strict=True)
    padding = [(r - before, r - after + more) for r, (before, after), more in sides]
    options = {"lhs_dilation": layer.stride, "rhs_dilation": layer.dilation}
    y = lax.conv_general_dilated(x, at("weight"), (1, 1), padding, dimension_numbers=numbers, **options)
    return y if layer.bias is None else y + at.each(at("bias"), y)


def _linear(at: _Place, layer: nn.Linear, x: Any) -> Any:
    y = x @ at("weight")
    return y if layer.bias is None else y + at("bias")


def _batch_norm(at: _Place, layer: nn.BatchNorm2d, x: Any) -> Any:
    """In training the statistics are those of the batch, and the running ones move towards them."""
    mean, var = at("running_mean"), at("running_var")
    if at.training:
        axes, rate = at.others(x), layer.momentum or 0.0
        mean = jnp.mean(x, axes)
        var = jnp.mean(jnp.square(x), axes) - jnp.square(mean)
        values = x.size // mean.size
        at.replace("running_mean", (1 - rate) * at("running_mean") + rate * mean)
        at.replace("running_var", (1 - rate) * at("running_var") + rate * values / (values - 1) * var)
        at.replace("num_batches_tracked", at("num_batches_tracked") + 1)
    scale = lax.rsqrt(var + layer.eps) * at("weight")
    return (x - at.each(mean, x)) * at.each(scale, x) + at.each(at("bias"), x)


def _max_pool2d(at: _Place, layer: nn.MaxPool2d, x: Any) -> Any:
    window, stride = at.layout.window(layer.kernel_size), at.layout.window(layer.stride)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, stride, at.layout.window(layer.padding, (0, 0)))


def _avg_pool2d(at: _Place, layer: nn.AvgPool2d, x: Any) -> Any:
    window, stride = at.layout.window(layer.kernel_size), at.layout.window(layer.stride)
    sums = lax.reduce_window(x, 0.0, lax.add, window, stride, at.layout.window(layer.padding, (0, 0)))
    height, width = layer.kernel_size
    return sums / (height * width)


def _global_mean(at: _Place, layer: nn.AdaptiveAvgPool2d, x: Any) -> Any:
    return jnp.mean(x, at.layout.pixels, keepdims=True)


def _flatten(at: _Place, layer: nn.Flatten, x: Any) -> Any:
    return x.reshape(len(x), -1)


def _dropout(at: _Place, layer: nn.Dropout, x: Any) -> Any:
    if not at.training or not layer.p:
        return x
    at.arrays[KEY], key = jax.random.split(at.arrays[KEY])
    return jnp.where(jax.random.bernoulli(key, 1 - layer.p, x.shape), x / (1 - layer.p), 0)


def _concatenate(at: _Place, layer: nn.Concatenate, *inputs: Any) -> Any:
    return jnp.concatenate(inputs, at.layout.channels)


_FUNCTIONS: dict[type[nn.Layer], Callable[..., Any]] = {
    nn.AdaptiveAvgPool2d: _global_mean,
    nn.Add: lambda at, layer, x, y: x + y,
    nn.AvgPool2d: _avg_pool2d,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.Concatenate: _concatenate,
    nn.Conv2d: _conv2d,
    nn.ConvTranspose2d: _conv_transpose2d,
    nn.Dropout: _dropout,
    nn.Flatten: _flatten,
    nn.Identity: lambda at, layer, x: x,
    nn.Linear: _linear,
    nn.MaxPool2d: _max_pool2d,
    nn.ReLU: lambda at, layer, x: jax.nn.relu(x),
}
"""The layers of the networks in `layers/networks.txt`, as far as these use their settings."""


def _cross_entropy(layout: Layout, output: Any, target: Any) -> Any:
    axis = layout.channels if output.ndim == 4 else 1
    chosen = jnp.take_along_axis(output, jnp.expand_dims(target, axis), axis)
    return jnp.mean(jax.nn.logsumexp(output, axis, keepdims=True) - chosen)


def _mse(layout: Layout, output: Any, target: Any) -> Any:
    return jnp.mean(jnp.square(output - target))


def _bce_with_logits(layout: Layout, output: Any, target: Any) -> Any:
    return jnp.mean(jax.nn.softplus(output) - output * target)


LOSSES: dict[type[nn.Loss], Callable[[Layout, Any, Any], Any]] = {
    nn.BCEWithLogitsLoss: _bce_with_logits,
    nn.CrossEntropyLoss: _cross_entropy,
    nn.MSELoss: _mse,
}
"""`loss(layout, output, target)`, the mean."""


def prediction(network: Network) -> Any:
    """The output as a compiled function of parameters, buffers and x."""
    return jax.jit(lambda parameters, buffers, x: network(parameters, buffers, x, training=False)[0])


def step(network: Network, loss: Callable[[Any, Any], Any], learning_rate: float, momentum: float) -> Any:
    """A step of SGD as a compiled function of parameters, velocities, buffers, x and y.

    The first three are donated; it gives them as they are after the step, and the loss before it.
    """

    def compute(parameters: Arrays, velocities: Arrays, buffers: Arrays, x: Any, y: Any) -> tuple[Any, ...]:
        def objective(parameters: Arrays) -> tuple[Any, Arrays]:
            output, changed = network(parameters, buffers, x, training=True)
            return loss(output, y), changed

        (value, changed), gradients = jax.value_and_grad(objective, has_aux=True)(parameters)
        velocities = jax.tree.map(lambda v, g: momentum * v + g, velocities, gradients)
        parameters = jax.tree.map(lambda p, v: p - learning_rate * v, parameters, velocities)
        return parameters, velocities, changed, value

    return jax.jit(compute, donate_argnums=(0, 1, 2))
