from functools import partial

import pytest

from fastconv import nn, optim

pytest.importorskip("sklearn")
module = pytest.importorskip("fastconv.interop.sklearn.arguments")


@pytest.fixture
def network():
    return nn.Linear(2, 2, seed=0)


@pytest.mark.parametrize(
    ("given", "lr", "kind", "rate"),
    [
        ("adam", None, optim.Adam, 3e-3),
        ("sgd", 0.5, optim.SGD, 0.5),
        (optim.AdamW, None, optim.AdamW, 1e-3),
        (optim.RMSprop, 0.25, optim.RMSprop, 0.25),
        (partial(optim.SGD, lr=0.125, momentum=0.5), None, optim.SGD, 0.125),
    ],
)
def test_optimizers(network, given, lr, kind, rate):
    made = module.optimizer("owner", given, lr, network)
    assert type(made) is kind
    assert made.lr == rate
    assert made.parameters["weight"] is network.weight


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("adm", ValueError, "optimizer: got 'adm', needs one of adam, adamw, rmsprop, sgd"),
        (3, TypeError, "optimizer: got 3, needs one of adam, adamw, rmsprop, sgd, or a function of "),
        (lambda _: 3, TypeError, "optimizer: got int, needs a Optimizer"),
    ],
)
def test_no_optimizers(network, given, error, message):
    with pytest.raises(error) as raised:
        module.optimizer("owner", given, None, network)
    assert str(raised.value).startswith(f"owner: {message}")


def test_schedules(network):
    adam = module.optimizer("owner", "adam", 0.1, network)
    assert module.schedule("owner", None, adam, 3, 4) == {}
    by_steps = module.schedule("owner", "one-cycle", adam, 3, 4)
    assert by_steps["lr_scheduler_interval"] == "step"
    assert by_steps["lr_scheduler"].total_steps == 12
    assert by_steps["lr_scheduler"].max_lr == 0.1
    by_epochs = module.schedule("owner", "step,step_size=2", adam, 3, 4)
    assert by_epochs["lr_scheduler_interval"] == "epoch"
    assert by_epochs["lr_scheduler"].step_size == 2


def test_no_schedules(network):
    adam = module.optimizer("owner", "adam", 0.1, network)
    with pytest.raises(ValueError, match=r"^owner: lr_schedule x: got x, needs one of cosine, "):
        module.schedule("owner", "x", adam, 3, 4)
    with pytest.raises(TypeError, match=r"^owner: lr_schedule: got 3, needs None or a text such as "):
        module.schedule("owner", 3, adam, 3, 4)


@pytest.mark.parametrize(
    ("given", "samples", "expected"),
    [(32, 96, 32), (32, 65, 33), (2, 3, 3), (2, 7, 4), (1, 7, 1), (32, 1, 32), (6, 43, 8)],
)
def test_no_last_batch_is_a_single_sample(given, samples, expected):
    assert module.batch_size("owner", given, samples) == expected
    assert samples == 1 or given == 1 or samples % expected != 1
