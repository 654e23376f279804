"""What a computation does, found out without computing."""

import numpy as np
import pytest

from fastconv import functional as F
from fastconv import kernels
from fastconv.backends import active
from fastconv.plan.record import Recording, UnplannedError, arrays_in

X = np.full((2, 3), -1, np.float32)


def test_operations_with_what_they_were_given():
    recording = Recording(kernels)
    y = recording.run(lambda x: F.add(F.relu(x), x), X)
    relu, add = recording.operations
    assert (relu.name, add.name) == ("relu", "add")
    assert relu.given == {"input": X} or relu.given["input"] is X
    assert add.given["input"] is relu.result and add.given["relu"] is False
    assert add.results[0] is y
    assert len(relu.launches) == len(relu.made) == 1
    assert active() is kernels


def test_one_that_was_not_recorded():
    recording = Recording(kernels)
    from fastconv.plan.record import Operation

    operation = recording.lowered(Operation("relu", {"input": X}))
    assert operation.result.shape == X.shape and len(operation.launches) == 1
    assert not recording.operations


def test_errors_and_kernels_outside():
    with pytest.raises(UnplannedError, match="linear: input: got shape"):
        Recording(kernels).run(lambda: F.linear(X, np.zeros((2, 2), np.float32)))
    with pytest.raises(UnplannedError, match="outside the operations"):
        Recording(kernels).run(lambda: kernels.relu(X))
    with pytest.raises(UnplannedError, match="read-only"):
        Recording(kernels).run(lambda: F.relu(X).fill(1))


def test_other_names_are_no_operations():
    with pytest.raises(AttributeError):
        _ = Recording(kernels).engine


def test_arrays_inside():
    assert [*arrays_in({"a": [X, (X,)], "b": 3})] == [X, X] or len([*arrays_in([X, (X,)])]) == 2
