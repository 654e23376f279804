"""The vector unit of this CPU: lanes, registers, and the register tile that suits a loop."""

import functools
import math
import platform
from typing import Any, NamedTuple

import numpy as np
from numba.core.registry import cpu_target

LATENCY = 4
"""Cycles of one fused multiply-add."""
TALLEST = 14
"""Most rows of a register tile."""
LINE = 64
"""Bytes of a cache line."""
PORTS = 2
"""Fused multiply-adds, and loads, that start in one cycle."""


class Vectors(NamedTuple):
    """The vector registers of an instruction set: bytes in one, how many, is multiply-add fused."""

    name: str
    bytes: int
    registers: int
    fused: bool


class Tile(NamedTuple):
    """A register tile: `rows` x `vectors` accumulators of `lanes` elements."""

    rows: int
    vectors: int
    lanes: int


def aligned(size: int) -> np.ndarray:
    """Uninitialised memory of so many bytes that begins a cache line."""
    memory = np.empty(size + LINE, np.uint8)
    at = -memory.ctypes.data % LINE
    return memory[at : at + size]


@functools.cache
def target() -> tuple[str, str, frozenset[str]]:
    """Triple, CPU name and features that Numba compiles for (NUMBA_CPU_NAME and NUMBA_CPU_FEATURES count)."""
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    return triple, name, frozenset(f[1:] for f in features.split(",") if f.startswith("+"))


@functools.cache
def vectors() -> Vectors:
    """The widest vector registers that the compiled code may use."""
    triple, _, features = target()
    if "avx512f" in features:
        return Vectors("AVX-512", 64, 32, True)
    if "avx2" in features and "fma" in features:
        return Vectors("AVX2", 32, 16, True)
    if triple.startswith(("aarch64", "arm64")):
        return Vectors("NEON", 16, 32, True)
    return Vectors("plain", 16, 16, False)


def lanes(dtype: Any) -> int:
    """Elements of `dtype` in one vector register."""
    return vectors().bytes // np.dtype(dtype).itemsize


@functools.cache
def cached_bytes() -> int:
    """Bytes of a result that caches keep for whoever reads it: the second level's, or Zen's near third's."""
    return (10 if target()[1].startswith("znver") else 2) << 20


@functools.lru_cache(maxsize=4096)
def tile(rows: int | None, columns: int, dtype: Any, fixed: int | None = None) -> Tile:
    """The tile that covers `rows` x `columns` accumulators in the fewest cycles; `fixed`: its vectors.

    Of equal ones the largest. `rows` None: so many that only the columns matter; of equal ones that of the
    fewest loads.

    One step of a tile takes the longest of: its fused multiply-adds over the ports; its loads (a scalar a
    row, a vector a column) over the ports; the latency of one accumulator. The accumulators, one row of
    vectors and one broadcast scalar must fit the registers.
    """
    lane = lanes(dtype)
    wanted = math.ceil(columns / lane)

    def cycles(t: Tile) -> float:
        step = max(t.rows * t.vectors / PORTS, (t.rows + t.vectors) / PORTS, LATENCY)
        tiles = math.ceil(rows / t.rows) if rows else 1 / t.rows
        return tiles * math.ceil(wanted / t.vectors) * step

    def worse(t: Tile) -> float:
        return -t.rows * t.vectors if rows else (t.rows + t.vectors) / (t.rows * t.vectors)

    budget = vectors().registers
    choices = [
        Tile(r, v, lane)
        for v in ([fixed] if fixed else range(1, min(wanted, 8) + 1))
        for r in range(1, min(rows or TALLEST, TALLEST) + 1)
        if r * v + v + 1 <= budget
    ]
    return min(choices, key=lambda t: (round(cycles(t), 6), worse(t)))


def power_of_two(count: int) -> int:
    """The largest power of two up to `count`."""
    return 1 << (count.bit_length() - 1)


def describe() -> dict[str, str]:
    """What `fastconv info` prints of the CPU."""
    _, name, _ = target()
    v = vectors()
    return {
        "CPU": f"{name} ({platform.machine()})",
        "vectors": f"{v.name}, {v.registers} registers of {v.bytes * 8} bits",
        "lanes": f"{lanes(np.float32)} float32, {lanes(np.float64)} float64",
    }
