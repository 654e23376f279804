"""Training in many processes, on one machine or many: see `MPI`."""

from fastconv.training.parallel import MPI

__all__ = ["MPI"]
