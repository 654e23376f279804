"""Operations of PyTorch in a module's forward as layers: one function an operation, by its name."""

from fastconv.interop.pytorch.operations.base import Make
from fastconv.interop.pytorch.operations.elementwise import ELEMENTWISE
from fastconv.interop.pytorch.operations.reductions import REDUCTIONS
from fastconv.interop.pytorch.operations.shapes import SHAPES
from fastconv.interop.pytorch.operations.weighted import WEIGHTED
from fastconv.interop.pytorch.operations.windows import WINDOWS

TABLE: dict[str, Make] = {**ELEMENTWISE, **REDUCTIONS, **SHAPES, **WEIGHTED, **WINDOWS}
"""What makes a step of each operation."""
