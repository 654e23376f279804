"""Data-parallel training: a batch is cut into shards, whose gradients are added in one order on any ranks."""

from fastconv.training.parallel.mpi import MPI
from fastconv.training.parallel.together import Together

__all__ = ["MPI", "Together"]
