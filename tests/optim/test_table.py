import pytest

from fastconv import nn, optim
from fastconv.optim import table

CLASSES = {"adam": optim.Adam, "adamw": optim.AdamW, "rmsprop": optim.RMSprop, "sgd": optim.SGD}


@pytest.mark.parametrize("name", table.KINDS)
def test_rate_and_decay(name):
    parameters = nn.Linear(2, 1, seed=0).parameters()
    made = table.make(name, parameters, table.rate(name, None), None)
    assert type(made) is CLASSES[name]
    assert made.lr == table.KINDS[name][0]
    assert made.param_groups[0]["weight_decay"] == (0.01 if name == "adamw" else 0)
    made = table.make(name, parameters, table.rate(name, 0.5), 0.25)
    assert (made.lr, made.param_groups[0]["weight_decay"]) == (0.5, 0.25)
