"""The random numbers of each shard: they depend on the layer's seed, the step and the shard alone."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from fastconv import nn


@contextmanager
def streams(model: nn.Layer, step: int) -> Iterator[Callable[[int], None]]:
    """For a `with` block a function that begins the streams of a shard in all layers that draw.

    At the end the generators are as they were, so that they hold their seeds, in files too.
    """
    generators = [*model.generators().values()]
    states = [rng.bit_generator.state for rng in generators]
    seeds = [int(copy.deepcopy(rng).integers(2**63)) for rng in generators]

    def begin(shard: int) -> None:
        for rng, seed in zip(generators, seeds, strict=True):
            fresh = type(rng.bit_generator)(np.random.SeedSequence((seed, step, shard)))
            rng.bit_generator.state = fresh.state

    try:
        yield begin
    finally:
        for rng, state in zip(generators, states, strict=True):
            rng.bit_generator.state = state
