"""A planned step changes the same numbers to the same bits as one that runs layer by layer."""

import numpy as np
import pytest

import fastconv as fc
from fastconv import models, nn, optim
from fastconv.plan.step import Step

OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.05),
    "momentum": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.01),
    "adam": lambda p: optim.Adam(p, lr=0.01, weight_decay=0.1),
    "adamw": lambda p: optim.AdamW(p, lr=0.01),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.9, centered=True),
}
NETWORKS = {
    "lenet5": (models.lenet5, (1, 28, 28)),
    "resnet8": (models.resnet8, (3, 32, 32)),
    "ds_cnn": (models.ds_cnn, (1, 49, 10)),
}


def data(shape, samples, classes=10):
    rng = np.random.default_rng(0)
    return rng.standard_normal((samples, *shape)).astype("f4"), rng.integers(0, classes, samples)


def small(**options):
    return nn.Sequential(
        nn.Conv2d(2, 5, 3, bias=False), nn.BatchNorm2d(5, **options), nn.ReLU(), nn.Dropout(0.3, seed=1),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(5 * 3 * 3, 4), nn.Dropout(0.2, seed=2), seed=0,
    )  # fmt: skip


def trained(model, make, x, y, steps=4, planned=True, loss=None):
    """The losses and the state after some steps, and the plans."""
    trainer = fc.Trainer(model, loss or nn.CrossEntropyLoss(), make(model.parameters()))
    with fc.config(plan=planned):
        losses = [trainer.step(x, y) for _ in range(steps)]
    optimizer = {
        n: a
        for key, held in trainer.optimizer.state_dict().items()
        if isinstance(held, dict)
        for n, a in ((f"{key}.{name}", value) for name, value in held.items())
    }
    return losses, {**model.state_dict(), **optimizer}, [*trainer._run._steps._found.values()]


def assert_same(make_model, make, x, y, **options):
    planned = trained(make_model(), make, x, y, **options)
    plain = trained(make_model(), make, x, y, planned=False, **options)
    assert planned[0] == plain[0]
    for name, value in plain[1].items():
        np.testing.assert_array_equal(planned[1][name], value, err_msg=name)
    assert planned[2] and all(isinstance(plan, Step) for plan in planned[2]), planned[2]
    assert not plain[2]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name):
    make, shape = NETWORKS[name]
    assert_same(lambda: make(seed=0), OPTIMIZERS["adam"], *data(shape, 3))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_and_what_training_draws(name):
    assert_same(small, OPTIMIZERS[name], *data((2, 8, 8), 6, 4))


def test_statistics_that_are_means_of_all_batches():
    assert_same(lambda: small(momentum=None), OPTIMIZERS["sgd"], *data((2, 8, 8), 6, 4))


def test_frozen_parts():
    def frozen():
        model = small()
        model.freeze("0", "1")
        return model

    assert_same(frozen, OPTIMIZERS["adam"], *data((2, 8, 8), 6, 4))


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.L1Loss(reduction="sum"), nn.BCEWithLogitsLoss()])
def test_losses_of_elements(loss):
    x, _ = data((3,), 5)
    y = np.random.default_rng(1).random((5, 2)).astype("f4")
    assert_same(lambda: nn.Sequential(nn.Linear(3, 2), seed=0), OPTIMIZERS["sgd"], x, y, loss=loss)


def test_learning_rates_settings_and_modes_that_change():
    def run(planned):
        model, (x, y) = small(), data((2, 8, 8), 6, 4)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optimizer)
        losses = []
        with fc.config(plan=planned):
            for step in range(8):
                optimizer.lr = 0.1 / (step + 1)
                if step == 2:
                    optimizer.momentum = 0.9
                if step == 4:
                    model.freeze("0")
                if step == 5:
                    model.unfreeze()
                if step == 6:
                    trainer.clip_norm = 0.1
                losses.append(trainer.step(x, y))
        return losses

    assert run(True) == run(False)


@pytest.mark.parametrize("rule", ["momentum", "adam", "rmsprop"])
def test_settings_that_change_at_each_step_keep_the_plan(rule):
    """As one cycle of the rate and of the momentum does."""

    def run(planned):
        model, (x, y) = small(), data((2, 8, 8), 6, 4)
        optimizer = OPTIMIZERS[rule](model.parameters())
        trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optimizer)
        losses, plans = [], set()
        with fc.config(plan=planned):
            for step in range(4):
                optimizer.weight_decay = 0.01 * step
                moving = (
                    ("betas", (0.8 + 0.02 * step, 0.99))
                    if rule == "adam"
                    else ("momentum", 0.8 + 0.02 * step)
                )
                optimizer.param_groups[0][moving[0]] = moving[1]
                losses.append(trainer.step(x, y))
                plans.add(trainer.plan)
        return losses, len(plans)

    losses, plans = run(True)
    assert losses == run(False)[0]
    assert plans == 1


def test_fit_with_a_short_last_batch_and_metrics():
    def run(planned):
        model, (x, y) = small(), data((2, 8, 8), 23, 4)
        trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()))
        with fc.config(plan=planned):
            history = trainer.fit(x, y, batch_size=8, epochs=2, validation_data=(x, y), progress=False)
        return history.history

    assert run(True) == run(False)


def test_labels_that_are_no_classes_are_an_error_that_changes_no_parameter():
    model, (x, y) = small(), data((2, 8, 8), 6, 4)
    trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    trainer.step(x, y)
    before = {name: array.copy() for name, array in model.parameters().items()}
    wrong = y.copy()
    wrong[2] = 4
    with pytest.raises(ValueError, match="y: got 4 at index 2, needs"):
        trainer.step(x, wrong)
    for name, array in model.parameters().items():
        np.testing.assert_array_equal(array, before[name])
    assert trainer.optimizer.steps == 1


def test_an_update_is_divided_where_other_work_is():
    def workers(samples):
        model = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10), seed=0)
        x, y = data((1, 28, 28), samples)
        (plan,) = trained(model, OPTIMIZERS["adam"], x, y, steps=1)[2]
        return [launch.workers for launch in plan.program.launches]

    assert set(workers(1)) == {1}
    assert fc.get_num_threads() == 1 or workers(256)[-1] > 1
