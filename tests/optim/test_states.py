import numpy as np
import pytest

from fastconv.optim import states


def test_a_state_of_an_older_version_gets_one_group():
    old = {"lr": 0.5, "steps": 3, "means": {}}
    new = states.of_one_group(old, ("lr", "eps"), ["a", "b"])
    assert new == {
        "param_groups": [{"params": ["a", "b"], "lr": 0.5}],
        "steps": {"a": 3, "b": 3},
        "means": {},
    }
    assert states.of_one_group({"other": 1}, ("lr",), ["a"]) == {"other": 1}


@pytest.mark.parametrize(
    "groups",
    [None, {}, [1], [], [{"params": "a", "lr": 1}], [{"params": ["b"], "lr": 1}], [{"params": ["a"]}]],
    ids=str,
)
def test_groups_have_to_be_those_that_are_there(groups):
    with pytest.raises((TypeError, ValueError), match=r"^here: param_groups.*: got .*, needs "):
        states.settings("here", groups, [["a"]], ("lr",))


def test_the_settings_of_each_group():
    groups = [{"params": ["b", "a"], "lr": 1, "initial_lr": 2}]
    assert states.settings("here", groups, [["a", "b"]], ("lr",)) == [{"lr": 1, "initial_lr": 2}]


def test_each_parameter_has_its_number_of_steps():
    assert states.steps("here", {"b": 2, "a": 0}, ["a", "b"]) == {"a": 0, "b": 2}
    for wrong in (3, {"a": 1}, {"a": 1, "b": -1}, {"a": 1, "b": 0.5}):
        with pytest.raises((TypeError, ValueError), match=r"^here: steps: got "):
            states.steps("here", wrong, ["a", "b"])


def test_arrays_are_copied_in_the_type_of_their_parameters():
    parameters = {"a": np.zeros(2, np.float32), "b": np.zeros(3, np.float32)}
    held = {"a": np.ones(2)}
    (array,) = states.arrays("here", "means", held, parameters, ["a"]).values()
    assert array.dtype == np.float32
    assert not np.may_share_memory(array, held["a"])
    for wrong, needed in (({}, ["a"]), ({"c": np.ones(2)}, []), ({"a": np.ones(3)}, []), ([], [])):
        with pytest.raises((TypeError, ValueError), match=r"^here: means: got "):
            states.arrays("here", "means", wrong, parameters, needed)
