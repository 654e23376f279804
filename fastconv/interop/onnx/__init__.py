"""Models in ONNX files, which most other libraries and runtimes read and write.

`export` writes a model. The package onnx is imported when it is needed: pip install 'fastconv[onnx]'.
"""

from fastconv.interop.onnx.writing.export import export

__all__ = ["export"]
