"""The one table of operations: by its name in ONNX, how it is read and how it is computed on constants."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call
from fastconv.interop.onnx.reading.operations import (
    activations,
    arithmetic,
    cuts,
    dense,
    filters,
    folding,
    norms,
    patterns,
    pools,
    reduce,
    resample,
    shapes,
)
from fastconv.interop.onnx.reading.operations.activations import plain, softmax
from fastconv.interop.onnx.reading.operations.folding import elementwise, several
from fastconv.interop.onnx.reading.values import Value

Read: TypeAlias = Callable[[Call], Value | list[Any]]
"""What a node gives, or a list of what its outputs are, None in place of those that no layer gives."""


class Operation(NamedTuple):
    """How a node is read.

    **Arguments:**

    - `read`: what it is where an input depends on the model's input: layers, or a constant.
    - `fold`: how it is computed where all inputs are constants; None: by the layers that `read` gives.
    """

    read: Read | None
    fold: folding.Fold | None = None


OPERATIONS: dict[str, Operation] = {
    "Abs": Operation(activations.absolute, elementwise(np.abs)),
    "Add": Operation(arithmetic.add, elementwise(np.add)),
    "AveragePool": Operation(pools.average_pool),
    "BatchNormalization": Operation(norms.batch_norm),
    "Cast": Operation(shapes.cast, folding.cast),
    "CastLike": Operation(shapes.same, folding.identity),
    "Ceil": Operation(None, elementwise(np.ceil)),
    "Celu": Operation(activations.celu),
    "Clip": Operation(activations.clip),
    "Concat": Operation(cuts.concat, folding.concat),
    "Constant": Operation(None, folding.constant),
    "ConstantOfShape": Operation(None, folding.constant_of_shape),
    "Conv": Operation(filters.conv),
    "ConvTranspose": Operation(filters.conv_transpose),
    "DepthToSpace": Operation(resample.depth_to_space),
    "Div": Operation(arithmetic.divide, elementwise(np.divide, folding.quotient)),
    "Dropout": Operation(activations.dropout, folding.identity),
    "Elu": Operation(activations.elu),
    "Equal": Operation(None, elementwise(np.equal)),
    "Erf": Operation(patterns.erf),
    "Exp": Operation(activations.exponential, elementwise(np.exp)),
    "Expand": Operation(shapes.expand, folding.expand),
    "Flatten": Operation(shapes.flatten),
    "Floor": Operation(None, elementwise(np.floor)),
    "Gather": Operation(cuts.gather, folding.gather),
    "Gelu": Operation(activations.gelu),
    "Gemm": Operation(dense.gemm),
    "GlobalAveragePool": Operation(pools.global_average_pool),
    "GlobalMaxPool": Operation(pools.global_max_pool),
    "Greater": Operation(patterns.greater, elementwise(np.greater)),
    "GroupNormalization": Operation(norms.group_norm),
    "HardSigmoid": Operation(activations.hard_sigmoid),
    "HardSwish": Operation(plain(nn.Hardswish)),
    "Identity": Operation(shapes.same, folding.identity),
    "InstanceNormalization": Operation(norms.instance_norm),
    "LRN": Operation(norms.response_norm),
    "LayerNormalization": Operation(norms.layer_norm),
    "LeakyRelu": Operation(activations.leaky_relu),
    "LogSoftmax": Operation(softmax(nn.LogSoftmax)),
    "MatMul": Operation(dense.matmul),
    "Max": Operation(arithmetic.extreme(nn.Maximum, 1), several(np.maximum)),
    "MaxPool": Operation(pools.max_pool),
    "Mean": Operation(arithmetic.mean),
    "Min": Operation(arithmetic.extreme(nn.Minimum, -1), several(np.minimum)),
    "Mish": Operation(activations.mish),
    "Mod": Operation(None, elementwise(np.fmod, np.mod)),
    "Mul": Operation(arithmetic.multiply, elementwise(np.multiply)),
    "Neg": Operation(arithmetic.negative, elementwise(np.negative)),
    "PRelu": Operation(activations.prelu),
    "Pad": Operation(cuts.pad),
    "Pow": Operation(arithmetic.power, elementwise(np.power)),
    "Range": Operation(None, folding.arange),
    "Reciprocal": Operation(arithmetic.powered(-1.0), elementwise(np.reciprocal)),
    "ReduceMax": Operation(reduce.reduce_max),
    "ReduceMean": Operation(reduce.reduce_mean),
    "ReduceProd": Operation(None, folding.product),
    "ReduceSum": Operation(reduce.reduce_sum),
    "Relu": Operation(plain(nn.ReLU)),
    "Reshape": Operation(shapes.reshape, folding.reshape),
    "Resize": Operation(resample.resize),
    "Selu": Operation(activations.selu),
    "Shape": Operation(shapes.shape, lambda call, x: np.array(x.shape[call.integer("start") :], np.int64)),
    "Sigmoid": Operation(plain(nn.Sigmoid)),
    "Size": Operation(shapes.size, lambda call, x: np.array(x.size, np.int64)),
    "Slice": Operation(cuts.cut, folding.cut),
    "Softmax": Operation(softmax(nn.Softmax)),
    "Softplus": Operation(activations.softplus),
    "Softsign": Operation(activations.softsign),
    "Split": Operation(cuts.split, folding.split),
    "Sqrt": Operation(arithmetic.powered(0.5), elementwise(np.sqrt)),
    "Squeeze": Operation(shapes.squeeze, folding.squeeze),
    "Sub": Operation(arithmetic.subtract, elementwise(np.subtract)),
    "Sum": Operation(arithmetic.total, several(np.add)),
    "Swish": Operation(activations.swish),
    "Tanh": Operation(plain(nn.Tanh)),
    "Tile": Operation(shapes.tile),
    "Transpose": Operation(shapes.transpose, folding.transpose),
    "Unsqueeze": Operation(shapes.unsqueeze, folding.unsqueeze),
    "Upsample": Operation(resample.upsample),
    "Where": Operation(patterns.where, elementwise(np.where)),
}
