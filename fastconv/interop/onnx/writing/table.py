"""Which function writes which layer."""

from collections.abc import Callable

from fastconv import nn
from fastconv.interop.onnx.writing import (
    activation,
    arithmetic,
    convolution,
    dense,
    norm,
    padding,
    pool,
    resample,
    shape,
)

WRITERS: dict[type[nn.Layer], Callable[..., str]] = {
    nn.Conv1d: convolution.conv,
    nn.Conv2d: convolution.conv,
    nn.ConvTranspose2d: convolution.conv_transpose,
    nn.Linear: dense.linear,
    nn.MaxPool1d: pool.max_pool,
    nn.MaxPool2d: pool.max_pool,
    nn.AvgPool1d: pool.avg_pool,
    nn.AvgPool2d: pool.avg_pool,
    nn.AdaptiveAvgPool1d: pool.adaptive_avg_pool,
    nn.AdaptiveAvgPool2d: pool.adaptive_avg_pool,
    nn.AdaptiveMaxPool2d: pool.adaptive_max_pool,
    nn.BatchNorm1d: norm.batch_norm,
    nn.BatchNorm2d: norm.batch_norm,
    nn.InstanceNorm1d: norm.instance_norm,
    nn.InstanceNorm2d: norm.instance_norm,
    nn.GroupNorm: norm.group_norm,
    nn.LayerNorm: norm.layer_norm,
    nn.LocalResponseNorm: norm.local_response_norm,
    nn.ReLU: activation.relu,
    nn.ReLU6: activation.relu6,
    nn.LeakyReLU: activation.leaky_relu,
    nn.PReLU: activation.prelu,
    nn.ELU: activation.elu,
    nn.GELU: activation.gelu,
    nn.SiLU: activation.silu,
    nn.Sigmoid: activation.sigmoid,
    nn.Tanh: activation.tanh,
    nn.Softplus: activation.softplus,
    nn.Hardsigmoid: activation.hardsigmoid,
    nn.Hardswish: activation.hardswish,
    nn.Hardtanh: activation.hardtanh,
    nn.Softmax: activation.softmax,
    nn.LogSoftmax: activation.log_softmax,
    nn.Identity: shape.identity,
    nn.Dropout: shape.dropout,
    nn.Dropout2d: shape.dropout,
    nn.Flatten: shape.flatten,
    nn.Unflatten: shape.unflatten,
    nn.Reshape: shape.unflatten,
    nn.Permute: shape.permute,
    nn.Slice: shape.slice_,
    nn.Concatenate: shape.concatenate,
    nn.Add: arithmetic.joined("Add"),
    nn.Subtract: arithmetic.joined("Sub"),
    nn.Multiply: arithmetic.joined("Mul"),
    nn.Divide: arithmetic.joined("Div"),
    nn.Maximum: arithmetic.joined("Max"),
    nn.Minimum: arithmetic.joined("Min"),
    nn.Affine: arithmetic.affine,
    nn.Power: arithmetic.power,
    nn.Mean: arithmetic.mean,
    nn.Upsample: resample.upsample,
    nn.PixelShuffle: resample.pixel_shuffle,
    nn.ZeroPad1d: padding.pad,
    nn.ZeroPad2d: padding.pad,
    nn.ConstantPad1d: padding.pad,
    nn.ConstantPad2d: padding.pad,
    nn.ReflectionPad1d: padding.pad,
    nn.ReflectionPad2d: padding.pad,
    nn.ReplicationPad1d: padding.pad,
    nn.ReplicationPad2d: padding.pad,
    nn.CircularPad1d: padding.circular_pad,
    nn.CircularPad2d: padding.circular_pad,
}
"""For each layer, the function (place, layer, names of what it reads) -> name of what it gives.

Its last node is the one that gives it; where the layer gives what it reads, there is none. ValueError for
what ONNX cannot say.
"""


def writer(layer: nn.Layer) -> Callable[..., str]:
    """The function that writes a layer: its class's, or that of the class whose forward it has.

    ValueError for a layer with another forward.
    """
    for kind in type(layer).__mro__:
        if kind in WRITERS and type(layer).forward is kind.forward:
            return WRITERS[kind]
    inside = "; a Graph of the layers inside it would fit" if layer.children() else ""
    raise ValueError(f"got a layer that ONNX has no operators for, needs layers of fastconv.nn{inside}")
