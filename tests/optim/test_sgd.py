import pytest

from fastconv import optim
from tests.optim.rules import one, stepped


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, 1 - 0.1 * (3 + 5)),
        ({"weight_decay": 0.5}, None),
        # v1 = 3, v2 = 0.9 · 3 + 5
        ({"momentum": 0.9}, 1 - 0.1 * 3 - 0.1 * (0.9 * 3 + 5)),
        # The first velocity is the gradient, undamped.
        ({"momentum": 0.9, "dampening": 0.4}, 1 - 0.1 * 3 - 0.1 * (0.9 * 3 + 0.6 * 5)),
        ({"momentum": 0.9, "nesterov": True}, 1 - 0.1 * (3 + 0.9 * 3) - 0.1 * (5 + 0.9 * (0.9 * 3 + 5))),
    ],
    ids=str,
)
def test_sgd_by_hand(arguments, expected, each_backend):
    if expected is None:  # weight decay: each gradient gains half of the parameter
        p = 1 - 0.1 * (3 + 0.5)
        expected = p - 0.1 * (5 + 0.5 * p)
    assert stepped(optim.SGD(one(), lr=0.1, **arguments), 3.0, 5.0) == pytest.approx(expected, rel=1e-14)


def test_momentum_can_be_switched_on_later():
    optimizer = optim.SGD(one(), lr=1.0)
    stepped(optimizer, 1.0)
    optimizer.momentum = 0.5
    assert stepped(optimizer, 1.0, 1.0) == 1 - 1 - 1 - 1.5


def test_nesterov_and_momentum_are_seen_together_whenever_one_is_set():
    plain = optim.SGD(one(), lr=1.0)
    with pytest.raises(ValueError, match=r"^SGD: nesterov: got momentum=0.0, dampening=0.0, needs a mom"):
        plain.nesterov = True
    with_both = optim.SGD(one(), lr=1.0, momentum=0.9, nesterov=True)
    with pytest.raises(ValueError, match=r"^SGD: nesterov: got momentum=0.0"):
        with_both.momentum = 0
    with pytest.raises(ValueError, match=r"^SGD: nesterov: got momentum=0.9, dampening=0.5"):
        with_both.dampening = 0.5
    with_both.load_state_dict(plain.state_dict())
    assert (with_both.momentum, with_both.nesterov) == (0.0, False)
