"""onnxruntime on the CPU: predictions of whole networks, from the ONNX file that fastconv writes."""

import importlib
import tempfile
from pathlib import Path
from typing import Any

from fastconv.benchmark import networks
from fastconv.benchmark.rows import Row
from fastconv.benchmark.task import Task
from fastconv.interop import onnx


class OnnxRuntime:
    """Sessions with the default settings, all graph optimisations among them, but for the threads."""

    def __init__(self, threads: int) -> None:
        # By name, so that fastconv is checked and imported where onnxruntime is not installed.
        self.runtime: Any = importlib.import_module("onnxruntime")
        self.options = self.runtime.SessionOptions()
        self.options.intra_op_num_threads = threads

    def task(self, row: Row, which: str) -> Task:
        """The prediction of a network."""
        x, _ = networks.batch(row)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "network.onnx")
            onnx.export(networks.model(row), path, row.size[1:])
            session = self.runtime.InferenceSession(path, self.options, providers=["CPUExecutionProvider"])
        run, name = session.run, session.get_inputs()[0].name
        return Task(lambda: run(None, {name: x})[0], lambda result: [result])

    def describe(self) -> dict[str, str]:
        """Version and threads."""
        threads = self.options.intra_op_num_threads
        return {"onnxruntime": f"{self.runtime.__version__}, threads: {threads}"}
