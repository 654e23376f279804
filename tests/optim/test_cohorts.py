"""Which parameters one call updates: those of a group that have moved together."""

import numpy as np
import pytest

from fastconv import backends, optim
from fastconv.optim.cohorts import Cohort, regrouped
from fastconv.optim.groups import Group


@pytest.fixture
def calls(monkeypatch):
    """The steps and the sizes of all calls of the rule."""
    seen = []

    class Watching:
        def adam(self, parameters, gradients, means, squares, step, *settings, **more):
            seen.append((step, [p.size for p in parameters]))

    monkeypatch.setattr(backends, "active", Watching)
    return seen


def arrays(sizes):
    return {f"p{size}": np.ones(size) for size in sizes}


def test_one_call_updates_a_group(calls):
    optimizer = optim.Adam([{"params": arrays([1, 2])}, {"params": arrays([3])}])
    optimizer.step(arrays([1, 2, 3]))
    optimizer.step(arrays([1, 2, 3]))
    assert calls == [(1, [1, 2]), (1, [3]), (2, [1, 2]), (2, [3])]


def test_a_parameter_without_gradient_rests_and_counts_its_own_steps(calls):
    optimizer = optim.Adam(arrays([1, 2, 3]))
    optimizer.step(arrays([1, 2]) | {"p3": None})
    optimizer.step(arrays([1, 2]) | {"p3": None})
    assert calls == [(1, [1, 2])] * 1 + [(2, [1, 2])]
    assert optimizer.state_dict()["steps"] == {"p1": 2, "p2": 2, "p3": 0}
    assert list(optimizer.state_dict()["means"]) == ["p1", "p2"]
    calls.clear()
    optimizer.step(arrays([1, 2, 3]))
    optimizer.step({"p1": None} | arrays([2, 3]))
    assert calls == [(3, [1, 2]), (1, [3]), (4, [2]), (2, [3])]
    optimizer.step(dict.fromkeys(["p1", "p2", "p3"]))
    assert optimizer.steps == 4
    assert calls[4:] == []


def test_parameters_that_come_level_are_updated_together_again(calls):
    optimizer = optim.Adam(arrays([1, 2]))
    optimizer.step(arrays([1]) | {"p2": None})
    optimizer.step({"p1": None} | arrays([2]))
    calls.clear()
    optimizer.step(arrays([1, 2]))
    assert calls == [(2, [1, 2])]


def test_a_state_with_different_steps_is_carried_over(calls):
    first, second = optim.Adam(arrays([1, 2])), optim.Adam(arrays([1, 2]))
    first.step(arrays([1]) | {"p2": None})
    second.load_state_dict(first.state_dict())
    calls.clear()
    second.step(arrays([1, 2]))
    assert calls == [(2, [1]), (1, [2])]


def test_buffers_stay_with_their_parameters():
    group = Group("", {}, {}, lambda place, settings, changes: {}, lambda settings: ())
    a, b = np.zeros(1), np.ones(2)
    cohort = Cohort(group, steps=3)
    cohort.add("a", a, {"means": a})
    cohort.add("b", b, {"means": b})
    rest, moving = regrouped([cohort], {"a"})
    assert (rest.names, rest.idle, moving.names, moving.idle) == (["a"], True, ["b"], False)
    assert rest.state["means"][0] is a and moving.state["means"][0] is b
    (again,) = regrouped([rest, moving], set())
    assert (again.names, again.steps, len(again.state["means"])) == (["a", "b"], 3, 2)


def test_a_missing_name_is_an_error_and_none_is_not():
    optimizer = optim.SGD(arrays([1, 2]), lr=1.0)
    with pytest.raises(ValueError, match=r"^SGD: gradients: got none for p2, needs one for each parameter"):
        optimizer.step(arrays([1]))
    assert optimizer.parameters["p1"].tolist() == [1.0]


def test_momentum_that_was_switched_on_starts_afresh_for_each(each_backend):
    """A parameter's first velocity is its gradient, whenever that comes."""
    optimizer = optim.SGD(arrays([1, 2]), lr=1.0)
    optimizer.step(arrays([1]) | {"p2": None})
    optimizer.momentum = 0.5
    optimizer.step({"p1": None} | arrays([2]))
    optimizer.step(arrays([1, 2]))
    assert optimizer.parameters["p1"].tolist() == [1 - 1 - 1]
    assert optimizer.parameters["p2"].tolist() == [1 - 1 - 1.5] * 2
