import math

import pytest

from fastconv.training.callbacks import Monitor


@pytest.mark.parametrize(
    ("arguments", "values", "best"),
    [
        (("loss", None), [3.0, 2.0, 2.0, 1.0, 4.0], [0, 1, 3]),
        (("val_accuracy", None), [0.5, 0.25, 0.75], [0, 2]),
        (("loss", "max"), [1.0, 2.0, math.nan], [0, 1]),
    ],
)
def test_the_best_epoch_so_far(arguments, values, best):
    callback = Monitor(*arguments)
    seen = [epoch for epoch, value in enumerate(values) if callback._sees(epoch, {arguments[0]: value})]
    assert seen == best
    assert (callback.best, callback.best_epoch) == (values[best[-1]], best[-1])
    other = Monitor(*arguments)
    other.load_state_dict(callback.state_dict())
    assert (other.best, other.best_epoch) == (callback.best, callback.best_epoch)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("loss", "min"),
        ("val_mae", "min"),
        ("top_5_accuracy", "max"),
        ("val_f1", "max"),
        ("precision_3", "max"),
        ("val_recall_12", "max"),
        ("auc", "max"),
        ("val_r2", "max"),
        ("lr2", "min"),
        ("f1_loss", "min"),
    ],
)
def test_what_is_better_follows_from_the_name(name, mode):
    assert Monitor(name, None).mode == mode


def test_by_how_much_is_up_to_the_caller():
    callback = Monitor("loss", "min")
    assert [callback._sees(epoch, {"loss": 3.0 - epoch / 4}, 0.5) for epoch in range(4)] == [1, 0, 0, 1]


def test_settings_are_checked():
    with pytest.raises(ValueError, match=r"^Monitor: mode: got 'least', needs 'min' or 'max'"):
        Monitor("loss", "least")
    with pytest.raises(TypeError, match=r"^Monitor: monitor: got 3, needs the name of a figure"):
        Monitor(3, None)
    with pytest.raises(ValueError, match=r"^Monitor: monitor: got 'loss', needs one of accuracy"):
        Monitor("loss", None)._sees(0, {"accuracy": 1.0})
