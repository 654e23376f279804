"""Which algorithm computes a matrix product: the first row that fits, and every row somewhere."""

import numpy as np

from fastconv.kernels.dense.table import FORWARD, INPUT, TABLE, WEIGHT, choose, passes


def names(samples, inputs, outputs, dtype=np.float32):
    return {which: choose(product).name for which, product in passes(samples, inputs, outputs, dtype).items()}


def test_every_row_is_chosen_somewhere():
    asked = [names(*sizes) for sizes in ((1, 3072, 50), (512, 1024, 1024))]
    assert {name for chosen in asked for name in chosen.values()} == {row.name for row in TABLE}


def test_one_sample_reads_the_weights_where_they_lie():
    assert names(1, 3072, 50) == {FORWARD: "dots", INPUT: "rows", WEIGHT: "rows"}


def test_many_samples_of_large_layers_are_computed_in_blocks():
    assert set(names(512, 1024, 1024).values()) == {"blocked"}
