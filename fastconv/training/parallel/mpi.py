"""The ranks of an MPI run, and which shards of a batch each of them computes."""

import importlib
import os
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from fastconv import validate
from fastconv.attributes import Checks, Settings
from fastconv.kernels.engine import jit
from fastconv.training.parallel import failure, watch
from fastconv.training.parallel.tree import Cut, cut
from fastconv.types import Array

CHOSEN = "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"
"""Variables by which a user says how many threads a process has."""


class MPI(Settings):
    """Data-parallel training: `mpiexec -n N python -m mpi4py train.py`, the same script in N processes.

    Each batch is cut into `shards` parts, which are dealt to the processes, the ranks. The gradients of the
    shards are added in one order, that of a binary tree over them, so that models, figures and files have the
    same bits at any number of ranks from 1 to `shards`, on processors of one kind. Statistics of batch norm
    are those of a shard; what they move is the mean over the shards. Dropout and augmentation draw anew for
    each shard and step. Loss, metrics and clipping see the whole batch.

    The cores of a host are shared out to the ranks on it, unless NUMBA_NUM_THREADS or OMP_NUM_THREADS is set.
    An error in one rank ends them all. ImportError without mpi4py (pip install 'fastconv[mpi]').

    **Arguments:**

    - `shards`: the parts of a batch, a whole number of at least the number of ranks.
    - `comm`: an `mpi4py.MPI.Comm`; None is that of all processes that `mpiexec` started.
    """

    checks: ClassVar[Checks] = {"shards": validate.integer}
    fixed = ("shards", "comm", "rank", "ranks")

    def __init__(self, shards: int = 8, comm: Any = None) -> None:
        mpi = _library()
        if comm is not None and not isinstance(comm, mpi.Intracomm):
            raise validate.wrong_type("MPI", "comm", type(comm).__name__, "an mpi4py.MPI.Intracomm or None")
        self.comm = mpi.COMM_WORLD if comm is None else comm
        self.rank: int = self.comm.Get_rank()
        self.ranks: int = self.comm.Get_size()
        self.shards = shards
        if self.shards < self.ranks:
            raise validate.wrong_value(
                "MPI", "shards", shards, f"at least one for each of {self.ranks} ranks"
            )
        self._lanes = self.comm.Dup(), self.comm.Dup()
        if self.ranks > 1:
            host = self.comm.Split_type(mpi.COMM_TYPE_SHARED)
            failure.ends_all(self.comm)
            watch.begin(self.comm, host)
            _share_threads(host.Get_size())

    @property
    def lanes(self) -> tuple[Any, Any]:
        """Two communicators of the same ranks, for messages that are under way at the same time."""
        return self._lanes

    def cut(self, samples: int) -> Cut:
        """How a batch of so many samples is dealt."""
        return cut(samples, self.shards, self.ranks)

    def rows(self, samples: int) -> slice:
        """The samples of a batch of so many that this rank computes: all those of its shards."""
        return self.cut(samples).rows(self.rank)

    def numbers(self, number: int) -> list[int]:
        """What each rank has, in their order."""
        if self.ranks == 1:
            return [number]
        found = np.empty(self.ranks, np.int64)
        self.comm.Allgather(np.array([number], np.int64), found)
        return [int(one) for one in found]

    def objects(self, value: Any) -> list[Any]:
        """What each rank has, in their order: anything that can be pickled."""
        return [value] if self.ranks == 1 else list(self.comm.allgather(value))

    def gathered(self, array: Array | None, counts: Sequence[int]) -> Array:
        """The arrays (n, ...) of all ranks one after the other, n being `counts`; None is that of n = 0."""
        if self.ranks == 1:
            assert array is not None
            return array
        if 0 in counts:
            kinds = self.objects(None if array is None else (array.shape[1:], array.dtype.str))
            shape, kind = next(kind for kind in kinds if kind is not None)
        else:
            assert array is not None
            shape, kind = array.shape[1:], array.dtype.str
        whole = np.empty((sum(counts), *shape), kind)
        mine = np.empty((0, *shape), kind) if array is None else np.ascontiguousarray(array)
        each = whole.dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        given = [
            whole.view(np.uint8).reshape(-1) if whole.size else whole,
            [count * each for count in counts],
        ]
        self.comm.Allgatherv(mine.reshape(-1).view(np.uint8), given)
        return whole


def _library() -> Any:
    """mpi4py's module, which starts MPI when it is imported."""
    try:
        return importlib.import_module("mpi4py.MPI")
    except (ImportError, RuntimeError) as error:  # RuntimeError: there is mpi4py, but no MPI
        raise ImportError(f"MPI: needs mpi4py and an MPI: pip install 'fastconv[mpi]' ({error})") from error


def _share_threads(ranks: int) -> None:
    """Gives this process its part of the cores of a host with so many ranks, unless the user chose."""
    if any(os.environ.get(name) for name in CHOSEN):
        return
    cores = os.cpu_count() or 1
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    if mine == cores:  # a launcher that binds ranks to cores has shared them out already
        jit.set_num_threads(max(1, min(jit.get_num_threads(), cores // ranks)))
