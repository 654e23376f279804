import pytest

from fastconv.interop.pytorch.operations import TABLE
from fastconv.interop.pytorch.operations.base import Operation, Value, flat, free_name


def test_a_value_is_no_list_of_values():
    value = Value("a", ("s0", 3))
    assert list(flat([1, [value, (2,)], None])) == [1, value, 2, None]


def test_free_names_count_from_one():
    assert free_name("add", set()) == "add"
    assert free_name("add", {"add", "add_1"}) == "add_2"


def test_what_begins_with_fixed_numbers_is_refused():
    with pytest.raises(
        ValueError, match=r"got fixed numbers as its first argument, needs what depends on the"
    ):
        TABLE["relu"](Operation({"self": 3.0}, None, None, None))
