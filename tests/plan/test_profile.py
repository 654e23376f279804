import numpy as np

import fastconv as fc
from fastconv import nn, optim
from fastconv.plan.profile import Profile
from fastconv.plan.table import Row

ROW = Row("0", "conv2d", "direct.forward", "2", 1000, 4000, "")


def test_rates_and_shares():
    profile = Profile([(ROW, 1e-6), (ROW._replace(layer="1", operation="relu", flops=0), 3e-6)])
    assert profile.seconds == 4e-6
    assert profile.by_layer() == {"0": 1e-6, "1": 3e-6}
    head, conv, relu, _, total = profile.table(8e9, 2e9).splitlines()
    assert head.split()[-6:] == ["GFLOP/s", "GB/s", "%", "of", "peak"][-6:] or "of peak" in head
    assert conv.split() == ["0", "conv2d", "direct.forward", "1.0", "25.0", "4", "1", "50"]
    assert relu.split() == ["1", "relu", "direct.forward", "3.0", "75.0", "0", "17"]
    assert total == "sum 4.0 us"
    assert "peak" not in profile.table().splitlines()[0]


def test_a_profile_of_a_step_changes_nothing():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3), seed=0)
    trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()))
    x, y = np.ones((5, 1, 4, 4), np.float32), np.zeros(5, np.int64)
    trainer.step(x, y)
    before = model.state_dict()
    profile = trainer.plan.profile(0.01)
    assert all(np.array_equal(value, before[name]) for name, value in model.state_dict().items())
    assert [row for row, _ in profile.times] == trainer.plan.rows()
    assert all(seconds >= 0 for _, seconds in profile.times) and profile.seconds > 0
    assert {"0", "1", "2", "3", ""} == set(profile.by_layer())


def test_a_profile_of_a_prediction():
    model = nn.Sequential(nn.Linear(8, 3, seed=0))
    profile = model.plan((8,), batch_size=4).profile(0.01)
    assert [row.operation for row, _ in profile.times] == ["linear"]
    assert "GB/s" in str(profile)
