"""`fastconv import`: a model of an ONNX file, to train, to explain, to run."""

import argparse

from fastconv.cli import modelfile, text


def run(options: argparse.Namespace) -> int:
    """Write the model with what the file says of it, and print what it is."""
    if not modelfile.is_onnx(options.file):
        raise ValueError(f"{options.file}: got this to read, needs a name that ends in {modelfile.ONNX}")
    if modelfile.is_onnx(options.out):
        raise ValueError(f"{options.out}: got this to write, needs a name such as model.safetensors")
    model, task = modelfile.load(options.file)
    if task is None:
        model.save(options.out)
    else:
        modelfile.save(model, task, options.out)
    size = sum(array.size for array in model.parameters().values())
    classes = f", {text.count(len(model.classes), 'class')}" if model.classes else ""
    print(f"{options.out}: {text.count(size, 'parameter')}{classes}")
    return 0
