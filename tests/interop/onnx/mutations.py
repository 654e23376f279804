"""Damaged ONNX files: bytes and parts of small models changed at random, with a seed.

`python -m tests.interop.onnx.mutations 20000` reads so many and prints what they led to.
"""

import collections
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import fastconv as fc
from fastconv.interop.onnx import load
from tests.interop.onnx.models import draw, model, node

DOCUMENTED = ValueError, TypeError, OSError
EXTREMES = 0, 1, -1, 2, 7, -7, 2**31 - 1, 2**31, -(2**31), 2**40, 2**63 - 1, -(2**63)
OPS = (
    *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "Gemm", "MatMul", "Reshape", "Transpose", "Squeeze"),
    *("Unsqueeze", "Slice", "Split", "Concat", "Pad", "Resize", "Expand", "Tile", "ConstantOfShape", "Range"),
    *(
        "Gather",
        "Shape",
        "Cast",
        "Softmax",
        "LayerNormalization",
        "LRN",
        "DepthToSpace",
        "ReduceMean",
        "Clip",
    ),
    *(
        "PRelu",
        "Add",
        "Mul",
        "Div",
        "Pow",
        "Sum",
        "Dropout",
        "Flatten",
        "GroupNormalization",
        "If",
        "Nonsense",
    ),
)


def originals():
    """Models whose parts are changed: of every family of operations."""
    norm = {"s": draw(4), "b": draw(4), "m": draw(4), "v": draw(4) ** 2}
    chain = [
        node("Pad", "x pads", "0"),
        node("Conv", "0 w c", "1", strides=[2, 2], group=1, dilations=[1, 1]),
        node("BatchNormalization", "1 s b m v", "2"),
        node("Clip", "2 low high", "3"),
        node("MaxPool", "3", "4", kernel_shape=[2, 2], ceil_mode=1),
        node("Shape", "4", "5"),
        node("Gather", "5 zero", "6", axis=0),
        node("Unsqueeze", "6 axes", "7"),
        node("Concat", "7 rest", "8", axis=0),
        node("Reshape", "4 8", "9"),
        node("Gemm", "9 d e", "10", transB=1, alpha=0.5),
        node("Softmax", "10", "y", axis=1),
    ]
    tensors = {"w": draw(4, 3, 3, 3), "c": draw(4), **norm, "d": draw(5, 36), "e": draw(5)}
    tensors |= {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "low": np.float32(0), "high": np.float32(6)}
    tensors |= {"zero": np.array(0), "axes": np.array([0]), "rest": np.array([-1])}
    yield model(chain, tensors)
    ways = [
        node("ConstantOfShape", "sizes", "k"),
        node("Conv", "x k", "1", pads=[1, 1, 1, 1]),
        node("Add", "1 x", "2"),
        node("LayerNormalization", "2 g", "3", axis=-1),
        node("Resize", "3 none scales", "4", mode="linear"),
        node("AveragePool", "4", "5", kernel_shape=[2, 2], strides=[2, 2]),
        node("Concat", "5 2", "6", axis=1),
        node("Transpose", "6", "7", perm=[0, 2, 3, 1]),
        node("MatMul", "7 p", "8"),
        node("Split", "8", "9 10", axis=3, num_outputs=2),
        node("Mul", "9 10", "11"),
        node("Slice", "11 start end axis", "12"),
        node("ReduceMean", "12 over", "y", keepdims=0),
    ]
    tensors = {"sizes": np.array([3, 3, 3, 3]), "g": draw(8), "scales": np.float32([1, 1, 2, 2])}
    tensors |= {"p": draw(6, 4), "start": np.array([0]), "end": np.array([4]), "axis": np.array([1])}
    tensors |= {"over": np.array([1, 2])}
    ways[4].input[1] = ""
    yield model(ways, tensors, shape=(1, 3, 8, 8))


def damaged(made, rng):
    """The bytes of a model with a few changes."""
    other = type(made)()
    other.CopyFrom(made)
    for _ in range(rng.integers(1, 4)):
        CHANGES[rng.integers(len(CHANGES))](other, rng)
    content = bytearray(other.SerializeToString())
    if rng.random() < 0.4:
        for _ in range(rng.integers(1, 6)):
            content[rng.integers(len(content))] = rng.integers(256)
    if rng.random() < 0.05:
        del content[rng.integers(len(content)) :]
    return bytes(content)


def one_of(values, rng):
    return values[rng.integers(len(values))]


def an_attribute(made, rng):
    attributes = one_of(made.graph.node, rng).attribute
    if attributes:
        attribute = one_of(attributes, rng)
        if attribute.ints and rng.random() < 0.8:
            attribute.ints[rng.integers(len(attribute.ints))] = one_of(EXTREMES, rng)
        elif rng.random() < 0.2:
            attribute.ints.extend([1] * one_of((1, 5, 500), rng))
        else:
            attribute.i, attribute.f = one_of(EXTREMES, rng), one_of((0.0, -1.0, np.inf, np.nan, 1e30), rng)
        if rng.random() < 0.1:
            attribute.type = int(rng.integers(0, 15))


def another_operation(made, rng):
    one_of(made.graph.node, rng).op_type = one_of(OPS, rng)


def another_input(made, rng):
    changed, names = one_of(made.graph.node, rng), [n for other in made.graph.node for n in other.input]
    names += [name for other in made.graph.node for name in other.output]
    if changed.input:
        changed.input[rng.integers(len(changed.input))] = one_of([*names, "", "nothing"], rng)


def a_tensor(made, rng):
    tensor, which = one_of(made.graph.initializer, rng), rng.random()
    if which < 0.3 and tensor.dims:
        tensor.dims[rng.integers(len(tensor.dims))] = one_of(EXTREMES, rng)
    elif which < 0.5:
        tensor.data_type = int(rng.integers(0, 24))
    elif which < 0.8 and tensor.data_type == 7:
        numbers = np.frombuffer(tensor.raw_data, np.int64).copy()
        numbers[rng.integers(len(numbers))] = one_of(EXTREMES, rng)
        tensor.raw_data = numbers.tobytes()
    elif which < 0.9:
        tensor.dims.append(one_of(EXTREMES, rng))
    else:
        tensor.data_location = 1
        place = tensor.external_data.add()
        place.key, place.value = "location", one_of(("/etc/passwd", "../a", "a", "", "\0", "model.onnx"), rng)


def a_shape(made, rng):
    dims = made.graph.input[0].type.tensor_type.shape.dim
    one_of(dims, rng).dim_value = one_of(EXTREMES, rng)


def a_version(made, rng):
    made.opset_import[0].version = int(rng.integers(0, 30))


def fewer_nodes(made, rng):
    del made.graph.node[rng.integers(len(made.graph.node))]
    if not made.graph.node:
        made.graph.node.add()


CHANGES = an_attribute, an_attribute, a_tensor, a_tensor, another_operation, another_input, a_shape, a_version


def outcome(content, path):
    """What reading this file leads to: a model, or the kind of error; others than documented are raised."""
    path.write_bytes(content)
    try:
        with fc.backend("reference"):
            load(path)
    except DOCUMENTED as error:
        if "\n" in str(error):
            raise AssertionError("the message has several lines") from error
        return type(error).__name__
    return "a model"


def outcomes(count, seed, path):
    """How often damaged files lead to what."""
    rng, models = np.random.default_rng(seed), list(originals())
    return collections.Counter(
        outcome(damaged(models[index % len(models)], rng), path) for index in range(count)
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        found = outcomes(int(sys.argv[1]), 1, Path(folder, "model.onnx"))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(dict(found), f"{time.monotonic() - start:.0f} s", f"{memory} MB at most")
