"""What a step of many ranks would take, from what one rank computes and what a link carries.

Each rank has as many images as the measured rank: the batch grows with the ranks. A rank sends a part of n/R
bytes of its n bytes of gradients to each of the R - 1 others and gets as much, twice: the parts, then their
sums. Before that all ranks get the outputs and targets of all, and how many samples each has. A message of b
bytes takes latency + b / bandwidth, and a rank has one under way at a time. That nothing overlaps, neither
messages nor computing, makes the forecast a careful one; that no switch is shared makes it a kind one.
"""

from typing import NamedTuple

BUCKET = 1 << 20
"""Bytes that are sent at once."""


class Link(NamedTuple):
    """Between two ranks: seconds of an empty message, bytes a second."""

    latency: float
    bandwidth: float


def forecast(computing: float, gradients: int, output: int, link: Link, ranks: int) -> tuple[float, float]:
    """Seconds of a step, and the share of it that is computing.

    computing: seconds of a step of one rank; gradients: their bytes; output: bytes of its outputs and
    targets.
    """
    others = ranks - 1
    buckets = max(1, -(-gradients // BUCKET))
    exchange = 2 * (buckets * others * link.latency + gradients * others / ranks / link.bandwidth)
    gather = 3 * others * link.latency + output * others / link.bandwidth
    seconds = computing + exchange + gather
    return seconds, computing / seconds
