"""What all ranks must have in common, compared before the first step, since it decides every bit."""

import hashlib
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from fastconv import nn, optim, validate
from fastconv.kernels.engine import machine
from fastconv.training.batches import ArrayBatches, Batches
from fastconv.training.parallel.mpi import MPI
from fastconv.types import Array

WHOLE = 1 << 28
"""Bytes of an array up to which all of it is compared; of a larger one, a memory map maybe, a sample is."""
SAMPLE = 1 << 10
"""Rows of that sample."""


def check(
    parallel: MPI,
    model: nn.Layer,
    optimizer: optim.Optimizer,
    settings: dict[str, Any],
    data: Batches | None,
) -> None:
    """ValueError where two ranks differ: the rank, in what, what it has and what rank 0 has."""
    if parallel.ranks == 1:
        return
    found = parallel.objects({**_code(), **_training(model, optimizer, settings), **_data(data)})
    for name, first in found[0].items():
        for rank, others in enumerate(found):
            if others.get(name) != first:
                got = f"{name}: {others.get(name)} on rank {rank}"
                raise validate.wrong_value("fit", "parallel", got, f"{first}, as on rank 0")


def _code() -> dict[str, str]:
    """What computes."""
    _, cpu, features = machine.target()
    program = getattr(sys.modules["__main__"], "__file__", None)
    return {
        "Python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "llvmlite")},
        "fastconv": _of_files(_sources()),
        "the program": "none" if program is None else _of_files([Path(program)]),
        "the CPU": f"{cpu} {_hash([' '.join(sorted(features)).encode()])}",
    }


def _sources() -> Iterable[Path]:
    """The package's files; in a checkout the kernels lie beside it."""
    homes = dict.fromkeys([Path(__file__).parents[2], Path(machine.__file__).parents[1]])
    return (path for home in homes for path in sorted(home.glob("**/*.py")))


def _training(model: nn.Layer, optimizer: optim.Optimizer, settings: dict[str, Any]) -> dict[str, Any]:
    """What is computed."""
    arrays = {**model.parameters(), **model.buffers()}
    generators = {name: rng.bit_generator.state for name, rng in model.generators().items()}
    return {
        "the model": _hash([repr(model).encode()]),
        "the frozen parameters": _hash([repr(model.frozen()).encode()]),
        "the parameters": _hash(
            part for name, array in arrays.items() for part in (name.encode(), *_bytes(array))
        ),
        "the seeds of the layers": _hash([repr(generators).encode()]),
        "the optimizer": f"{optimizer!r} after {optimizer.steps} steps",
        **settings,
    }


def _data(data: Batches | None) -> dict[str, str]:
    """What is trained on: arrays. Iterables give each rank its part."""
    if not isinstance(data, ArrayBatches):
        return {}
    samples = data.samples
    return {"the samples x": _hash(_bytes(samples.x)), "the targets y": _hash(_bytes(samples.y))}


def _bytes(array: Array) -> Iterable[bytes]:
    """Shape, type and contents; of a large array some rows."""
    yield f"{array.shape} {array.dtype}".encode()
    if array.nbytes > WHOLE:
        array = array[np.linspace(0, len(array) - 1, min(SAMPLE, len(array))).astype(np.int64)]
    yield np.ascontiguousarray(array).tobytes()


def _of_files(paths: Iterable[Path]) -> str:
    return _hash(path.read_bytes() for path in paths)


def _hash(parts: Iterable[bytes]) -> str:
    """Eight digits."""
    found = hashlib.blake2b(digest_size=4)
    for part in parts:
        found.update(part)
    return found.hexdigest()
