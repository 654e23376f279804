"""Layers as ONNX files may have to say them, and what a file is compared with."""

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn
from fastconv.interop.onnx.writing.export import export

OPSETS = 13, 17, 20, "newest"
FLOAT32_ALONE = {
    *("Conv", "ConvTranspose", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "InstanceNormalization"),
    *("Elu", "Gelu", "HardSigmoid", "HardSwish", "LRN", "LeakyRelu", "PRelu", "Resize", "Softplus"),
}
"""The operators that onnxruntime computes in float32 alone."""
IMAGE, SIGNAL, FLAT = (4, 7, 6), (4, 9), (4,)


def joined(layer, inputs):
    """A graph in which the layer joins so many of these: the input, a row of means, positive numbers."""
    row = nn.Sequential(nn.Slice(-1, 0, 3), nn.Mean(-1, keepdim=True))
    nodes = {"row": (row, "input"), "positive": (nn.Softplus(), "input")}
    read = {1: ["positive"], 2: ["row", "positive"], 3: ["input", "row", "positive"]}[inputs]
    return nn.Graph({**{name: nodes[name] for name in read if name in nodes}, "all": (layer, *read)})


CASES = {
    "convolution": [
        (lambda dtype: nn.Conv1d(4, 6, 3, 2, 1, groups=2, dtype=dtype), SIGNAL),
        (lambda dtype: nn.Conv1d(4, 2, 4, padding="same", bias=False, dtype=dtype), SIGNAL),
        (lambda dtype: nn.Conv1d(4, 2, 4, 3, padding="same_upper", dtype=dtype), SIGNAL),
        (lambda dtype: nn.Conv2d(4, 3, (3, 2), (2, 1), (1, 2), dtype=dtype), IMAGE),
        (lambda dtype: nn.Conv2d(4, 8, 3, padding=((0, 2), (3, 1)), groups=4, dtype=dtype), IMAGE),
        (lambda dtype: nn.Conv2d(4, 3, 2, padding="same", dilation=(1, 3), dtype=dtype), IMAGE),
        (lambda dtype: nn.Conv2d(4, 3, (4, 3), 2, padding="same_upper", dtype=dtype), IMAGE),
        (lambda dtype: nn.Conv2d(4, 3, 3, padding="valid", bias=False, dtype=dtype), IMAGE),
        (lambda dtype: nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2, dtype=dtype), IMAGE),
        (lambda dtype: nn.ConvTranspose2d(4, 2, (2, 3), 1, ((0, 1), (2, 1)), dilation=2, dtype=dtype), IMAGE),
        (lambda dtype: nn.ConvTranspose2d(4, 2, 3, (2, 1), (1, 2), (1, 2), dilation=3, dtype=dtype), IMAGE),
        (lambda dtype: nn.ConvTranspose2d(4, 2, 2, 1, (0, 1), 2, bias=False, dilation=3, dtype=dtype), IMAGE),
    ],
    "dense": [
        (lambda dtype: nn.Linear(4, 3, dtype=dtype), FLAT),
        (lambda dtype: nn.Linear(4, 3, bias=False, dtype=dtype), FLAT),
        (lambda dtype: nn.Linear(6, 3, dtype=dtype), IMAGE),
        (lambda dtype: nn.Linear(9, 3, bias=False, dtype=dtype), SIGNAL),
    ],
    "pool": [
        (lambda dtype: nn.MaxPool1d(3, 2, 1), SIGNAL),
        (lambda dtype: nn.MaxPool1d(2, 4, padding="same_upper"), SIGNAL),
        (lambda dtype: nn.MaxPool2d(2), IMAGE),
        (lambda dtype: nn.MaxPool2d((3, 2), (2, 3), ((1, 0), (0, 1)), ceil_mode=True), IMAGE),
        (lambda dtype: nn.MaxPool2d(2, 1, 1, dilation=(3, 2)), IMAGE),
        (lambda dtype: nn.MaxPool2d(2, 3, dilation=4, ceil_mode=True), (4, 9, 9)),
        (lambda dtype: nn.AvgPool1d(3, 2, 1, ceil_mode=True), SIGNAL),
        (lambda dtype: nn.AvgPool1d(4, 3, padding="same_upper"), SIGNAL),
        (lambda dtype: nn.AvgPool2d(2), IMAGE),
        (lambda dtype: nn.AvgPool2d(3, 2, 1), IMAGE),
        (lambda dtype: nn.AvgPool2d(3, 2, 1, ceil_mode=True), IMAGE),
        (lambda dtype: nn.AvgPool2d(4, 3, 0, ceil_mode=True), IMAGE),
        (lambda dtype: nn.AvgPool2d(3, 2, 1, count_include_pad=False), IMAGE),
        (lambda dtype: nn.AvgPool2d(2, 1, ((1, 0), (0, 1)), divisor_override=-3), IMAGE),
        (lambda dtype: nn.AvgPool2d(3, padding="same_upper", count_include_pad=False), IMAGE),
        (lambda dtype: nn.AdaptiveAvgPool1d(1), SIGNAL),
        (lambda dtype: nn.AdaptiveAvgPool1d(4), SIGNAL),
        (lambda dtype: nn.AdaptiveAvgPool2d(1), IMAGE),
        (lambda dtype: nn.AdaptiveAvgPool2d((7, 3)), IMAGE),
        (lambda dtype: nn.AdaptiveAvgPool2d((3, None)), IMAGE),
        (lambda dtype: nn.AdaptiveAvgPool2d((9, 4)), IMAGE),
        (lambda dtype: nn.AdaptiveMaxPool2d(1), IMAGE),
        (lambda dtype: nn.AdaptiveMaxPool2d((None, 2)), IMAGE),
        (lambda dtype: nn.AdaptiveMaxPool2d((3, 4)), IMAGE),
    ],
    "norm": [
        (lambda dtype: nn.BatchNorm1d(4, dtype=dtype), FLAT),
        (lambda dtype: nn.BatchNorm1d(4, affine=False, dtype=dtype), SIGNAL),
        (lambda dtype: nn.BatchNorm2d(4, eps=0.01, momentum=None, dtype=dtype), IMAGE),
        (lambda dtype: nn.BatchNorm2d(4, track_running_stats=False, dtype=dtype), IMAGE),
        (lambda dtype: nn.BatchNorm2d(4, affine=False, track_running_stats=False, dtype=dtype), IMAGE),
        (lambda dtype: nn.InstanceNorm1d(4, affine=True, dtype=dtype), SIGNAL),
        (lambda dtype: nn.InstanceNorm2d(4, dtype=dtype), IMAGE),
        (lambda dtype: nn.InstanceNorm2d(4, affine=True, dtype=dtype), IMAGE),
        (lambda dtype: nn.InstanceNorm2d(4, affine=True, track_running_stats=True, dtype=dtype), IMAGE),
        (lambda dtype: nn.GroupNorm(2, 4, dtype=dtype), IMAGE),
        (lambda dtype: nn.GroupNorm(1, 4, affine=False, dtype=dtype), SIGNAL),
        (lambda dtype: nn.GroupNorm(2, 4, dtype=dtype), FLAT),
        (lambda dtype: nn.LayerNorm(6, dtype=dtype), IMAGE),
        (lambda dtype: nn.LayerNorm((7, 6), eps=0.1, bias=False, dtype=dtype), IMAGE),
        (lambda dtype: nn.LayerNorm(4, elementwise_affine=False, dtype=dtype), FLAT),
        (lambda dtype: nn.LocalResponseNorm(3, 0.5, 0.6, 2.0), IMAGE),
        (lambda dtype: nn.LocalResponseNorm(2, 0.5), IMAGE),
        (lambda dtype: nn.LocalResponseNorm(4, 0.5), SIGNAL),
    ],
    "activation": [
        (lambda dtype: nn.ReLU(), IMAGE),
        (lambda dtype: nn.ReLU6(), FLAT),
        (lambda dtype: nn.LeakyReLU(-0.3), IMAGE),
        (lambda dtype: nn.PReLU(dtype=dtype), IMAGE),
        (lambda dtype: nn.PReLU(4, dtype=dtype), IMAGE),
        (lambda dtype: nn.PReLU(4, dtype=dtype), FLAT),
        (lambda dtype: nn.ELU(0.7), IMAGE),
        (lambda dtype: nn.GELU(), IMAGE),
        (lambda dtype: nn.GELU("tanh"), FLAT),
        (lambda dtype: nn.SiLU(), IMAGE),
        (lambda dtype: nn.Sigmoid(), IMAGE),
        (lambda dtype: nn.Tanh(), IMAGE),
        (lambda dtype: nn.Softplus(), IMAGE),
        (lambda dtype: nn.Softplus(-2.0, 1.0), IMAGE),
        (lambda dtype: nn.Hardsigmoid(), IMAGE),
        (lambda dtype: nn.Hardswish(), IMAGE),
        (lambda dtype: nn.Hardtanh(-0.5, 2), IMAGE),
        (lambda dtype: nn.Hardtanh(float("-inf"), 1), FLAT),
        (lambda dtype: nn.Softmax(), IMAGE),
        (lambda dtype: nn.Softmax(-1), IMAGE),
        (lambda dtype: nn.Softmax(0), FLAT),
        (lambda dtype: nn.LogSoftmax(2), IMAGE),
    ],
    "shape": [
        (lambda dtype: nn.Identity(), IMAGE),
        (lambda dtype: nn.Dropout(0.3), FLAT),
        (lambda dtype: nn.Dropout(1), FLAT),
        (lambda dtype: nn.Dropout2d(), IMAGE),
        (lambda dtype: nn.Flatten(), IMAGE),
        (lambda dtype: nn.Flatten(-2), IMAGE),
        (lambda dtype: nn.Unflatten(1, (2, -1, 1)), FLAT),
        (lambda dtype: nn.Unflatten(-1, (2, 3)), IMAGE),
        (lambda dtype: nn.Reshape((2, -1)), IMAGE),
        (lambda dtype: nn.Reshape(()), (1, 1)),
        (lambda dtype: nn.Permute((0, 2, 3, 1)), IMAGE),
        (lambda dtype: nn.Slice(1, 1, -1), IMAGE),
        (lambda dtype: nn.Slice(-1, None, None, -2), IMAGE),
        (lambda dtype: nn.Slice(-2, -99, 99, 3), IMAGE),
        (lambda dtype: nn.Graph({"cat": (nn.Concatenate(-2), "input", "input")}), IMAGE),
    ],
    "resample": [
        (lambda dtype: nn.Upsample(scale_factor=2), IMAGE),
        (lambda dtype: nn.Upsample((10, 4)), IMAGE),
        (lambda dtype: nn.Upsample(scale_factor=(1.7, 0.6)), IMAGE),
        (lambda dtype: nn.Upsample(scale_factor=3), SIGNAL),
        (lambda dtype: nn.Upsample(scale_factor=1.1), SIGNAL),
        (lambda dtype: nn.Upsample((10, 11), mode="bilinear"), IMAGE),
        (lambda dtype: nn.Upsample(scale_factor=(0.7, 1.7), mode="bilinear"), IMAGE),
        (lambda dtype: nn.Upsample(scale_factor=1.1, mode="bilinear"), IMAGE),
        (lambda dtype: nn.Upsample((3, 13), mode="bilinear", align_corners=True), IMAGE),
        (lambda dtype: nn.Upsample((1, 1), mode="bilinear", align_corners=True), IMAGE),
        (lambda dtype: nn.Upsample(20, mode="linear"), SIGNAL),
        (lambda dtype: nn.Upsample(scale_factor=2.5, mode="linear", align_corners=True), SIGNAL),
        (lambda dtype: nn.PixelShuffle(2), IMAGE),
    ],
    "padding": [
        (lambda dtype: nn.ZeroPad1d((2, -3)), SIGNAL),
        (lambda dtype: nn.ZeroPad2d((1, 2, 0, 3)), IMAGE),
        (lambda dtype: nn.ZeroPad2d((-1, 2, 3, -2)), IMAGE),
        (lambda dtype: nn.ConstantPad1d(2, -1.5), SIGNAL),
        (lambda dtype: nn.ConstantPad2d((1, 0, -2, 1), 3), IMAGE),
        (lambda dtype: nn.ReflectionPad1d((3, 8)), SIGNAL),
        (lambda dtype: nn.ReflectionPad2d((5, -2, -1, 6)), IMAGE),
        (lambda dtype: nn.ReplicationPad1d((-4, 2)), SIGNAL),
        (lambda dtype: nn.ReplicationPad2d((3, 1, 9, -1)), IMAGE),
        (lambda dtype: nn.CircularPad1d((3, -2)), SIGNAL),
        (lambda dtype: nn.CircularPad1d(0), SIGNAL),
        (lambda dtype: nn.CircularPad2d((-1, 5, 7, 2)), IMAGE),
    ],
    "arithmetic": [
        (lambda dtype: joined(nn.Add(), 3), IMAGE),
        (lambda dtype: joined(nn.Add(), 1), IMAGE),
        (lambda dtype: joined(nn.Subtract(), 2), IMAGE),
        (lambda dtype: joined(nn.Multiply(), 3), IMAGE),
        (lambda dtype: joined(nn.Divide(), 2), IMAGE),
        (lambda dtype: joined(nn.Maximum(), 3), IMAGE),
        (lambda dtype: joined(nn.Minimum(), 2), IMAGE),
        (lambda dtype: nn.Affine((4, 1, 1), (), dtype=dtype), IMAGE),
        (lambda dtype: nn.Affine(None, (7, 6), dtype=dtype), IMAGE),
        (lambda dtype: nn.Affine((4,), dtype=dtype), FLAT),
        (lambda dtype: nn.Affine(dtype=dtype), FLAT),
        (lambda dtype: nn.Power(2), IMAGE),
        (lambda dtype: nn.Sequential(nn.Softplus(), nn.Power(-0.5)), FLAT),
        (lambda dtype: nn.Mean((2, 3)), IMAGE),
        (lambda dtype: nn.Mean(-2, keepdim=True), IMAGE),
    ],
    "containers": [
        (lambda dtype: nn.Sequential(), IMAGE),
        (lambda dtype: nn.Residual(nn.Linear(4, 4, dtype=dtype), nn.Linear(4, 4, dtype=dtype)), FLAT),
        (lambda dtype: nn.Residual(nn.Sequential()), FLAT),
        (lambda dtype: nn.Concat(nn.Identity(), nn.Conv2d(4, 2, 1, dtype=dtype)), IMAGE),
    ],
}
"""By the module that writes them, layers as functions of their type, with the shape of a sample."""


def cases(*groups):
    """Parameters (make, shape) of a test over all cases of these groups, with readable names."""
    found = [case for group in groups for case in CASES[group]]
    return [pytest.param(make, shape, id=" ".join(repr(make("float32")).split())) for make, shape in found]


def drawn(make, dtype=np.float32, seed=0):
    """The layer with random numbers in all its arrays; those that may be variances are positive."""
    rng, model = np.random.default_rng(seed), make(dtype)
    for name, array in {**model.parameters(), **model.buffers()}.items():
        normal = rng.normal(size=array.shape) / np.sqrt(np.prod(array.shape[1:]))
        array[...] = rng.uniform(0.5, 1.5, array.shape) if "var" in name else normal
    return model


def written(model, shape, path, opset=20):
    """The `onnx.ModelProto` in the file that `export` writes, checked with full shape inference."""
    onnx = pytest.importorskip("onnx")
    export(model, path, shape, onnx.defs.onnx_opset_version() if opset == "newest" else opset)
    proto = onnx.load(path)
    onnx.checker.check_model(proto, full_check=True)
    return proto


def inferred(proto):
    """The shape of each layer's output as ONNX infers it, without what the file says of them."""
    onnx = pytest.importorskip("onnx")
    bare = onnx.ModelProto()
    bare.CopyFrom(proto)
    bare.graph.ClearField("value_info")
    bare.graph.output[0].type.tensor_type.ClearField("shape")
    found = onnx.shape_inference.infer_shapes(bare, check_type=True, strict_mode=True, data_prop=True)
    return sizes([*found.graph.value_info, *found.graph.output])


def said(proto):
    """The shape of each layer's output as the file says it."""
    return sizes([*proto.graph.value_info, *proto.graph.output])


def sizes(values):
    """By name, the sizes of a value's axes, None where a size is open."""
    shapes = {value.name: value.type.tensor_type.shape.dim for value in values}
    return {name: tuple(size.dim_value or None for size in dim) for name, dim in shapes.items()}


def batches(shape, dtype=np.float32):
    """A batch of 1 and one of 3."""
    rng = np.random.default_rng(1)
    return [(2 * rng.normal(size=(count, *shape))).astype(dtype) for count in (1, 3)]


def computed(proto, x):
    """What onnxruntime computes; for float64 with operators of FLOAT32_ALONE, what the package onnx does."""
    pytest.importorskip("onnx")
    if x.dtype == np.float64 and {node.op_type for node in proto.graph.node} & FLOAT32_ALONE:
        from onnx.reference import ReferenceEvaluator

        return ReferenceEvaluator(proto).run(None, {"input": x})[0]
    session = pytest.importorskip("onnxruntime").InferenceSession(proto.SerializeToString())
    return session.run(["output"], {"input": x})[0]


def assert_same(model, shape, path, opset=20, dtype=np.float32):
    """The file gives what the model predicts, and says the shapes that ONNX infers."""
    proto = written(model, shape, path, opset)
    shapes = said(proto)
    assert shapes["output"] == (None, *model.output_shape(shape))
    if "GroupNormalization" not in {node.op_type for node in proto.graph.node}:  # of which ONNX infers none
        found = inferred(proto)
        assert shapes == {name: found[name] for name in shapes}
    with fc.backend("reference"):
        for x in batches(shape, dtype):
            y = computed(proto, x)
            assert y.dtype == dtype
            np.testing.assert_allclose(y, model(x), rtol=1e-5, atol=1e-5)
