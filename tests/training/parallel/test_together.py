"""Runs of several ranks: the same bits as one, and what is refused."""

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn
from fastconv.plan.passes import Passes

NAMES = "lenet", "residual", "uneven", "functions"


def test_any_number_of_ranks_gives_the_bits_of_one(run, found):
    results = {}
    for ranks in (1, 2, 3, 4, 8):
        done = run(ranks, *NAMES)
        assert done.returncode == 0, done.stderr
        results[ranks] = {name: found(ranks, name) for name in NAMES}
    one = results[1]
    assert one["functions"]["own"] == one["functions"]["all"]
    assert one["lenet"]["history"]["loss"][1] < one["lenet"]["history"]["loss"][0]
    for ranks, several in results.items():
        for name in NAMES[: 4 if ranks < 5 else 3]:
            assert several[name] == one[name], (name, ranks)


def test_a_killed_rank_is_named_and_another_number_of_ranks_goes_on(run, found):
    done = run(4, "killed", seconds=120)
    assert done.returncode != 0
    assert "fastconv: rank 1 of 4: was killed" in done.stderr
    for ranks, name in ((1, "residual"), (2, "resumed")):
        done = run(ranks, name)
        assert done.returncode == 0, done.stderr
    assert found(2, "resumed") == found(1, "residual")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("raises", "rank 1 of 2: RuntimeError: disk on fire"),
        ("other_parameters", "rank 0 of 2: ValueError: fit: parallel: got the parameters: "),
        ("other_data", "rank 0 of 2: ValueError: fit: parallel: got the samples x: "),
        (
            "other_batches",
            "rank 0 of 2: ValueError: step: x: got 30 samples, and 29 on rank 1, needs the same",
        ),
        (
            "fewer_batches",
            "rank 0 of 2: ValueError: fit: x: got no batch on rank 1, "
            "needs as many batches on each rank: rank 0 has one more",
        ),
    ],
)
def test_an_error_ends_all_ranks_and_one_says_it(run, name, line):
    done = run(2, name, seconds=60)
    assert done.returncode != 0
    lines = [text for text in done.stderr.splitlines() if text.startswith("fastconv: ")]
    assert len(lines) == 1
    assert lines[0].startswith(f"fastconv: {line}")


def test_one_shard_gives_the_bits_of_no_ranks(trainer, digits):
    alone, one = (trainer(nn.BatchNorm2d(2), shards=shards) for shards in (None, 1))
    histories = [each.fit(*digits, 5, epochs=2, progress=False).history for each in (alone, one)]
    assert histories[0] == histories[1]
    assert alone.evaluate(*digits) == one.evaluate(*digits)
    expected = alone.model.state_dict()
    assert all(np.array_equal(array, expected[name]) for name, array in one.model.state_dict().items())


def test_planned_shards_have_the_bits_of_layer_by_layer(trainer, digits):
    """Of two and of three samples; all are forward before one goes back."""
    results = []
    for plan in (True, False):
        each = trainer(nn.BatchNorm2d(2), nn.Dropout(0.3, seed=1), shards=5)
        with fc.backend("numba"), fc.config(plan=plan):
            losses = [each.step(*digits) for _ in range(3)]
            assert isinstance(each.plan, Passes) == plan, each.plan
        results.append((losses, each.model.state_dict()))
    (losses, state), (expected, plain) = results
    assert losses == expected
    for name, array in plain.items():
        np.testing.assert_array_equal(state[name], array, err_msg=name)


def test_a_step_is_that_of_the_whole_batch(trainer, digits):
    """Without statistics and dropout, up to rounding."""
    alone, shards = trainer(), trainer(shards=5)
    losses = [[each.step(*digits) for _ in range(3)] for each in (alone, shards)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-6)
    for name, array in shards.model.parameters().items():
        np.testing.assert_allclose(array, alone.model.parameters()[name], rtol=1e-5, atol=1e-7)


def test_weights_of_samples_and_frozen_parameters(trainer, digits):
    weight = np.linspace(0, 2, 12)
    results = []
    for shards in (None, 4):
        each = trainer(shards=shards)
        each.model.freeze("0")
        before = each.model.state_dict()["0.weight"]
        history = each.fit(*digits, 12, epochs=2, sample_weight=weight, progress=False)
        assert np.array_equal(each.model.state_dict()["0.weight"], before)
        results.append(history["loss"])
    np.testing.assert_allclose(results[1], results[0], rtol=1e-6)


def test_statistics_move_to_the_mean_of_the_shards(trainer, digits):
    each = trainer(nn.BatchNorm2d(2, momentum=0.25), shards=2)
    x = digits[0]
    first = each.model[:1]
    means = [first(part).mean(axis=(0, 2, 3)) for part in (x[:6], x[6:])]
    each.step(*digits)
    state = each.model.state_dict()
    np.testing.assert_allclose(state["1.running_mean"], 0.25 * np.mean(means, axis=0), rtol=1e-5)
    assert state["1.num_batches_tracked"] == 1


def test_a_shard_of_one_sample_is_refused_before_the_first_step(trainer):
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), seed=0)
    each = fc.Trainer(
        model, nn.CrossEntropyLoss(), fc.optim.SGD(model.parameters(), 0.1), parallel=fc.parallel.MPI(4)
    )
    x, y = np.ones((8, 3), np.float32), np.zeros(8, np.int64)
    with pytest.raises(
        ValueError, match="batch_size: got 4 for 8 samples, which leaves one for one of 4 shards"
    ):
        each.fit(x, y, batch_size=4, progress=False)


def test_a_fit_without_a_seed(trainer, digits):
    history = trainer(shards=2).fit(*digits, 5, seed=None, progress=False)
    assert np.isfinite(history["loss"][0])


def test_the_shards_are_in_the_file(trainer, digits, tmp_path):
    each = trainer(shards=4)
    each.fit(*digits, progress=False)
    each.save(tmp_path / "run.safetensors")
    with pytest.raises(ValueError, match=r"trained in 4 shards; parallel=fc\.parallel\.MPI\(4\) would fit"):
        fc.Trainer.resume(tmp_path / "run.safetensors")
    again = fc.Trainer.resume(tmp_path / "run.safetensors", parallel=fc.parallel.MPI(4))
    assert again.epochs == 1


def test_what_is_no_parallel_is_refused(trainer):
    model = nn.Sequential(nn.Linear(3, 4))
    with pytest.raises(TypeError, match="Trainer: parallel: got str, needs a MPI"):
        fc.Trainer(model, nn.MSELoss(), fc.optim.SGD(model.parameters(), 0.1), parallel="mpi")
