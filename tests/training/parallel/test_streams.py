import numpy as np

from fastconv import nn
from fastconv.training.parallel.streams import streams


def drawn(model, step, shards):
    with streams(model, step) as begin:
        found = []
        for shard in shards:
            begin(shard)
            found.append([rng.random() for rng in model.generators().values()])
    return found


def test_numbers_depend_on_seed_step_and_shard():
    model = nn.Sequential(nn.Dropout(0.5, seed=1), nn.Dropout(0.5, seed=2))
    before = [rng.bit_generator.state for rng in model.generators().values()]
    first = drawn(model, 0, (0, 1, 2))
    assert drawn(model, 0, (2, 0)) == [first[2], first[0]]
    numbers = {number for row in [*first, *drawn(model, 1, (0, 1))] for number in row}
    assert len(numbers) == 10
    assert [rng.bit_generator.state for rng in model.generators().values()] == before


def test_another_kind_of_generator():
    model = nn.Dropout(0.5)
    model.rng = np.random.Generator(np.random.Philox(3))
    assert drawn(model, 4, (5,)) == drawn(model, 4, (5,))
