"""Functions in machine code, as Python calls them: arguments, results, errors."""

import sys

import numpy as np
import pytest

from fastconv.kernels.engine.native.entry import callable_from_python
from fastconv.kernels.engine.native.layouts import DATA, WORD
from fastconv.kernels.engine.native.objects import FIRST, NONE, call, incref
from fastconv.kernels.engine.native.words import put, word
from tests.kernels.engine.native.tables import with_head

pytestmark = pytest.mark.fields


def _count(self, arguments, count):
    counter = word(word(word(self + DATA) + FIRST * WORD) + DATA)
    put(counter, word(counter) * 10 + count)
    none = word(word(self + DATA) + NONE * WORD)
    incref(none)
    return none


def test_a_function_knows_its_own_array_and_its_arguments():
    counter = np.zeros(1, np.int64)
    function = callable_from_python(_count, with_head(counter))
    assert function() is None
    assert function(1, "two", None) is None
    assert counter[0] == 3


def _last(self, arguments, count):
    value = word(arguments + (count - 1) * WORD)
    incref(value)
    return value


def test_what_is_returned_is_the_object_itself():
    function, thing = callable_from_python(_last, with_head()), object()
    before = sys.getrefcount(thing)
    assert function(1, 2, thing) is thing
    assert sys.getrefcount(thing) == before


def _through(self, arguments, count):
    return call(word(arguments))


def test_an_exception_comes_through():
    function = callable_from_python(_through, with_head())
    assert function(dict) == {}
    with pytest.raises(ZeroDivisionError):
        function(lambda: 1 // 0)
