"""Each rule does what it says, where it may; the bits are compared in test_step and test_prediction."""

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn, optim
from fastconv.plan.rules import RULES


def planned(*layers, shape=(2, 8, 8)):
    """The names of the operations of a step."""
    model = nn.Sequential(*layers, nn.Flatten(), seed=0)
    x = np.random.default_rng(0).standard_normal((3, *shape)).astype("f4")
    trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    trainer.step(x, np.zeros(3, np.int64))
    (plan,) = trainer._run._steps._found.values()
    return plan.operations


def names(operations):
    return [operation.name for operation in operations]


@pytest.mark.parametrize(
    ("layer", "name"), [(nn.Conv2d(2, 3, 3), "conv2d"), (nn.BatchNorm2d(2), "channel_norm")]
)
def test_rectified(layer, name):
    operations = planned(layer, nn.ReLU())
    assert "relu" not in names(operations)
    (fused,) = (operation for operation in operations if operation.name == name)
    assert fused.given["relu"] and [part.name for part in fused.fused] == [name, "relu"]


def test_rectified_sums():
    operations = planned(nn.Residual(nn.Conv2d(2, 2, 3, padding=1)), nn.ReLU())
    assert "relu" not in names(operations)


def test_what_another_one_reads_is_not_rectified():
    operations = planned(nn.Conv2d(2, 2, 3, padding=1), nn.Residual(nn.ReLU()))
    (relu,) = (operation for operation in operations if operation.name == "relu")
    assert relu.note == "apart from conv2d, which others read"


def test_masked_in_norm():
    operations = planned(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU())
    assert "relu_input" not in names(operations)
    (gradient,) = (operation for operation in operations if operation.name == "channel_norm_gradients")
    assert gradient.given["output"] is not None


def test_masked_before_routing():
    operations = planned(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(3, 2))
    kinds = names(operations)
    assert kinds.index("relu_input") < kinds.index("max_pool2d_input")
    (mask,) = (operation for operation in operations if operation.name == "relu_input")
    assert mask.result.shape[2:] == (2, 2)


def test_placed():
    wide = planned(nn.Conv2d(2, 16, 3), nn.ReLU(), nn.MaxPool2d(2))
    assert {"max_pool2d", "max_pool2d_input", "relu_input"}.isdisjoint(names(wide))
    (gradient,) = (operation for operation in wide if operation.name == "max_pool2d_placed_input")
    assert gradient.given["output"] is not None
    alone = planned(nn.Conv2d(2, 16, 3), nn.Tanh(), nn.MaxPool2d(2))
    (gradient,) = (operation for operation in alone if operation.name == "max_pool2d_placed_input")
    assert gradient.given["output"] is None
    for other in (nn.MaxPool2d(3, 2), nn.AdaptiveMaxPool2d(2)):
        assert "max_pool2d_input" in names(planned(nn.Conv2d(2, 16, 3), other))


def test_pooled():
    first, pooling = (nn.Conv2d(1, 6, 5), nn.ReLU()), nn.MaxPool2d(2)
    kinds = names(planned(*first, pooling, shape=(1, 28, 28)))
    assert kinds[:1] == ["conv2d_pooled"] and "relu_input" not in kinds
    assert {"conv2d_pooled_weight", "conv2d_pooled_bias"} <= {*kinds}
    for others in (
        (nn.Conv2d(1, 1, 1), *first, pooling),  # which wants the input's gradient
        (first[0], pooling),
        (*first, nn.MaxPool2d(2, 1)),
        (*first, nn.MaxPool2d(2, ceil_mode=True)),
    ):
        assert "conv2d_pooled" not in names(planned(*others, shape=(1, 28, 28)))
    assert predicted(*first, pooling, shape=(1, 28, 28)) == ["conv2d + relu + max_pool2d"]


def test_every_rule_is_told_at_which_operation_it_looks():
    assert {name for names, _ in RULES for name in names} <= {*fc.kernels.__all__}


def predicted(*layers, shape=(2, 8, 8)):
    """The operations of a prediction."""
    return [row.operation for row in nn.Sequential(*layers, seed=0).plan(shape).rows()]


def test_staged():
    block = nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.Hardswish()
    assert predicted(*block) == ["conv2d + channel_norm + hardswish"]
    assert predicted(nn.MaxPool2d(2), nn.BatchNorm2d(2), nn.ReLU(), nn.Tanh())[1:] == [
        "channel_norm + relu + tanh"
    ]
    model = nn.Residual(nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2))), nn.ReLU()
    assert predicted(*model) == ["conv2d + channel_norm + add + relu"]
    assert predicted(nn.Conv2d(2, 2, 1), nn.Residual(nn.Tanh())) == ["conv2d", "tanh + add"]
    assert predicted(nn.Conv2d(2, 2, 1), nn.Softmax(1)) == ["conv2d", "softmax"]
