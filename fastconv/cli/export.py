"""`fastconv export`: a model as an ONNX file."""

import argparse

from fastconv.cli import modelfile, text
from fastconv.data.preparation import RAW
from fastconv.interop import onnx


def run(options: argparse.Namespace) -> int:
    """Write the file, with classes and preparation, and print what it holds."""
    if not modelfile.is_onnx(options.out):
        raise ValueError(f"{options.out}: got this to write, needs a name that ends in {modelfile.ONNX}")
    needs = "--input-shape=C,H,W, without the batch"
    model, task, shape = modelfile.with_shape(options.model, options.input_shape, needs)
    if task is not None:
        model.classes = model.classes or task.classes
        if model.preparation is None and task.preparation != RAW:
            model.preparation = task.preparation.state_dict()
    outputs = model.output_shape(shape)
    onnx.export(model, options.out, shape, options.opset)
    ends = " to ".join(f"N x {text.shape(sizes)}" for sizes in (shape, outputs))
    classes = f", {text.count(len(model.classes), 'class')}" if model.classes else ""
    print(f"{options.out}: opset {options.opset}, {ends}{classes}")
    return 0
