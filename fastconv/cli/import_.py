"""`fastconv import`: a model of an ONNX file or one of Keras, to train, to explain, to run."""

import argparse

from fastconv.cli import modelfile, text


def run(options: argparse.Namespace) -> int:
    """Write the model with what the file says of it, and print what it is."""
    if not _is_foreign(options.file):
        needs = f"a name that ends in {modelfile.ONNX} or {modelfile.KERAS}"
        raise ValueError(f"{options.file}: got this to read, needs {needs}")
    if _is_foreign(options.out):
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


def _is_foreign(path: str) -> bool:
    """Whether this is the name of a file of another library."""
    return modelfile.is_onnx(path) or modelfile.is_keras(path)
