"""How rules replace operations."""

import numpy as np

from fastconv import functional as F
from fastconv import kernels
from fastconv.plan.operations import Operations
from fastconv.plan.places import Places
from fastconv.plan.record import Recording

X = np.zeros((2, 3, 4, 4), np.float32)
W = np.zeros((5, 3, 3, 3), np.float32)


def recorded(function):
    recording = Recording(kernels)
    y = recording.run(function, X)
    return Operations(recording, Places([X], recording.trace.made, [W]), [y]), y


def test_who_made_and_who_reads_an_array():
    operations, y = recorded(lambda x: F.add(F.relu(z := F.conv2d(x, W)), F.sigmoid(z)))
    conv, relu, sigmoid, add = operations.all
    assert operations.maker(conv.result, "conv2d") is conv
    assert operations.maker(conv.result, "relu") is None
    assert not operations.read_once(conv.result)
    assert operations.read_once(relu.result)
    assert not operations.read_once(y)
    assert operations.same(y, add.result) and not operations.same(y, sigmoid.result)
    assert not operations.same(y, y[:1]) and not operations.same(y, None)


def test_one_operation_in_the_place_of_two():
    operations, _ = recorded(lambda x: F.sigmoid(F.relu(F.conv2d(x, W))))
    conv, relu, sigmoid = operations.all
    assert operations.replace((conv, relu), "conv2d", **{**conv.given, "relu": True})
    fused, last = operations.all
    assert fused.fused == (conv, relu) and last is sigmoid
    assert operations.same(sigmoid.given["input"], fused.result)


def test_another_layout_is_no_replacement():
    operations, y = recorded(lambda x: F.relu(F.conv2d(x, W)))
    before = list(operations.all)
    assert not operations.replace(tuple(before), "relu", input=np.zeros(y.shape, np.float32))
    assert operations.all == before


def test_what_nobody_reads_is_left_out():
    def run(x):
        F.tanh(F.sigmoid(x))
        return F.relu(x)

    operations, _ = recorded(run)
    operations.drop_unread()
    assert [operation.name for operation in operations.all] == ["relu"]
