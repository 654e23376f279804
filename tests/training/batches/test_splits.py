"""Which samples are validation data."""

import numpy as np
import pytest

from fastconv.training.batches.splits import shuffled, stratified, training_part


@pytest.mark.parametrize(
    ("samples", "fraction", "training"),
    [(23, 0.25, 17), (10, 0.2, 8), (7, 0.3, 4), (5, 0.5, 2), (3, 0.01, 2)],
)
def test_the_size_is_rounded_as_in_keras(samples, fraction, training):
    assert training_part(samples, fraction) == training


def test_a_drawn_split_has_each_sample_once():
    first, last = shuffled(11, 8, np.random.default_rng(0))
    assert len(first) == 8
    assert sorted([*first, *last]) == list(range(11))
    assert np.all(np.diff(first) > 0)
    assert np.all(np.diff(last) > 0)


@pytest.mark.parametrize("counts", [(10, 20, 70), (1, 1, 1, 97), (3, 3, 3), (50,), (1, 2)])
@pytest.mark.parametrize("share", [0.1, 0.34, 0.5, 0.9])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_class_gives_its_share(counts, share, seed):
    rng = np.random.default_rng(seed)
    classes = rng.permutation(np.repeat(np.arange(len(counts)) * 3 - 1, counts))
    training = training_part(len(classes), 1 - share)
    first, last = stratified(classes, training, rng)
    assert len(first) == training
    assert sorted([*first, *last]) == list(range(len(classes)))
    for label, count in zip(np.unique(classes), counts, strict=True):
        assert abs((classes[last] == label).sum() - count * len(last) / len(classes)) < 1


def test_seeds_draw_other_samples():
    classes = np.arange(40) % 4
    drawn = [tuple(stratified(classes, 20, np.random.default_rng(seed))[1]) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
