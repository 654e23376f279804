import numpy as np

from fastconv import nn
from fastconv.training.parallel.statistics import Statistics


def test_what_a_shard_moved_is_taken_back():
    model = nn.Sequential(nn.BatchNorm1d(2, momentum=0.5))
    statistics = Statistics(model)
    with statistics.restored() as moved:
        found = []
        for shard in (np.zeros((4, 2), np.float32), np.full((4, 2), 8, np.float32)):
            model.forward(shard, training=True)
            found.append(moved())
            assert model.state_dict()["0.running_mean"].tolist() == [0, 0]
    assert [one["0.running_mean"].tolist() for one in found] == [[0, 0], [4, 4]]
    sums = {name: found[0][name] + found[1][name] for name in found[0]}
    statistics.set_mean(sums, 2)
    state = model.state_dict()
    assert state["0.running_mean"].tolist() == [2, 2]
    assert state["0.num_batches_tracked"] == 1
    assert state["0.num_batches_tracked"].dtype == np.int64


def test_frozen_statistics_are_left_out():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.BatchNorm1d(2))
    model.freeze("0")
    assert {name.split(".")[0] for name in Statistics(model).values()} == {"1"}
