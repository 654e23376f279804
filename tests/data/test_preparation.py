import json

import pytest

from fastconv.data.augment import Normalize
from fastconv.data.preparation import RAW, Preparation


@pytest.mark.parametrize(
    "how", [RAW, Preparation((0.0, 4095.0), True, Normalize((0.1, 0.2, 0.3), 0.7)), Preparation(crop=True)]
)
def test_it_comes_back_from_json(how):
    assert Preparation.from_state_dict(json.loads(json.dumps(how.state_dict()))) == how


@pytest.mark.parametrize("state", [{}, {"value_range": [1, 2, 3], "crop": False, "normalize": None}])
def test_what_is_none(state):
    with pytest.raises((KeyError, ValueError)):
        Preparation.from_state_dict(state)
