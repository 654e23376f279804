"""What a row asks for at least: operations and bytes."""

import math

from fastconv.benchmark import networks
from fastconv.benchmark.rows import POOLS, Row

FLOAT, INDEX = 4, 8
"""Bytes of one float32 and of one index of a maximum."""


def operations(row: Row, which: str) -> int:
    """Additions and multiplications of a convolution, a dense layer or a network by its definition, else 0.

    They are the same in all three passes: 2 N K P Q (C / groups) R S for a convolution, 2 N IN OUT for a
    dense layer; those of a network are the sum over its layers, three times in a training step. An algorithm
    that needs fewer, as Winograd's, can come out above the peak.
    """
    if row.kind == "network":
        return networks.operations(row, which)
    if row.kind == "conv":
        filters, height, width = row.layer
        sums = row.size[0] * filters * math.prod(row.outer)
        return 2 * sums * (row.size[1] // row.groups) * height * width
    if row.kind == "dense":
        return 2 * math.prod(row.size) * row.layer[0]
    return 0


def traffic(row: Row, which: str) -> int:
    """Bytes that a pass must read and write if each array moves once, in float32; 0 for a network."""
    if row.kind == "network":
        return 0
    if row.kind == "conv":
        batch, channels, height, width = row.size
        filters, taps_h, taps_w = row.layer
        images = batch * (channels * height * width + filters * math.prod(row.outer))
        return FLOAT * (images + filters * (channels // row.groups) * taps_h * taps_w)
    if row.kind == "dense":
        batch, inputs = row.size
        outputs = row.layer[0]
        return FLOAT * (batch * (inputs + outputs) + inputs * outputs)
    if row.kind in POOLS:
        pooled = row.size[0] * row.size[1] * math.prod(row.outer)
        indices = pooled if row.kind == "max_pool" else 0
        return FLOAT * (math.prod(row.size) + pooled) + INDEX * indices
    # How many arrays of the size of the input, or of all parameters, are read or written.
    arrays = {
        ("cross_entropy", "forward"): 1,
        ("cross_entropy", "both"): 2,
        ("sgd", "step"): 5,  # parameter and velocity are read and written, the gradient is read
        ("adam", "step"): 7,  # likewise, with two states
    }.get((row.kind, which), 2 if which == "forward" else 3)
    elements = math.prod(row.size) if row.size else sum(map(math.prod, row.shapes))
    return FLOAT * arrays * elements
