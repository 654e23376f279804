"""What the compiler makes of the convolutions' inner loops: multiply-adds in registers, nothing spilled."""

import os
import re
import subprocess
import sys

import pytest

from fastconv.kernels.engine import machine

COMPILE = """
import numpy as np
from fastconv import config, kernels, set_num_threads
from fastconv.kernels.conv import direct, weight
from fastconv.kernels.conv.winograd import forward as winograd, weight as winograd_weight
from fastconv.kernels.conv.winograd import fused, fused_weight

def ones(*shape):
    return np.ones(shape, np.float32)

set_num_threads(1)
for fast in (True, False):
    with config(winograd=fast):
        y = kernels.conv2d(ones(1, 128, 14, 14), ones(128, 128, 3, 3), None, 1, 1)
        kernels.conv2d_weight(ones(1, 128, 14, 14), (128, 128, 3, 3), y, 1, 1)
y = kernels.conv2d(ones(5, 64, 28, 28), ones(64, 64, 3, 3), None, 1, 1)
kernels.conv2d_weight(ones(5, 64, 28, 28), (64, 64, 3, 3), y, 1, 1)
for channels in (1, 2, 3):
    kernels.conv2d(ones(1, channels, 28, 28), ones(32, channels, 3, 3))
for kernel in (
    direct._forward, weight._sum, winograd._forward, winograd_weight._sum,
    fused._forward, fused_weight._gradient,
):
    for text in kernel.compiled.inspect_asm().values():
        print("KERNEL", kernel.__module__)
        print(text)
"""


MODULES = [
    "direct", "weight", "winograd.forward", "winograd.weight", "winograd.fused", "winograd.fused_weight",
]  # fmt: skip


@pytest.fixture(scope="module")
def listings(tmp_path_factory):
    """The assembly of these kernels, compiled where no file holds them."""
    vectors = machine.vectors()
    if not vectors.fused or vectors.name == "NEON":
        pytest.skip("reads x86 assembly with fused multiply-add")
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}
    run = subprocess.run(
        [sys.executable, "-c", COMPILE], env=environment, capture_output=True, text=True, timeout=600
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, str] = {}
    for part in run.stdout.split("KERNEL fastconv.kernels.conv.")[1:]:
        name, text = part.split("\n", 1)
        found[name] = found.get(name, "") + text
    return found


def blocks(text):
    """Runs of instructions without a jump into or out of them."""
    block = []
    for line in text.splitlines():
        if re.match(r"\.LBB|\w+:", line) and block:
            yield block
            block = []
        if line.startswith("\t") and not line.startswith("\t."):
            block.append(line)
            if line.startswith("\tj"):
                yield block
                block = []


@pytest.mark.parametrize("name", MODULES)
def test_the_inner_loop_stays_in_registers(name, listings):
    register = "zmm" if machine.vectors().bytes == 64 else "ymm"
    fused = re.compile(rf"\tvfn?m\w+ps.*{register}")
    many = machine.vectors().registers >= 32
    least = 12 if many else 8
    loops = [block for block in blocks(listings[name]) if sum(map(bool, map(fused.match, block))) >= least]
    loops = [loop for loop in loops if loop[-1].startswith("\tj")]
    transforms = [loop for loop in loops if any(line.startswith("\tvmul") for line in loop)]
    products = [loop for loop in loops if loop not in transforms]
    assert products, "no loop of multiply-adds"
    for loop in products:
        spilled = [line for line in loop if register in line and "(%rsp" in line]
        assert spilled == [], "\n".join(loop)
    for loop in transforms if many else []:  # constants may lie there, never what the loop computes
        stored = [line for line in loop if register in line and "(%rsp" in line and line.endswith(")")]
        assert stored == [], "\n".join(loop)
