"""Operations whose calls are replayed: which, with which arguments, by which backend."""

import inspect
import pickle

import numpy as np
import pytest

import fastconv
from fastconv import functional as F
from fastconv import grad
from fastconv.kernels.engine import jit
from fastconv.ops.replay import replayed

pytestmark = pytest.mark.fields

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def last_channels(x):
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


x, w, b, dy = normal(2, 3, 9, 9), normal(8, 3, 3, 3), normal(8), normal(2, 8, 9, 9)
deep, deep_w = normal(2, 64, 12, 12), normal(64, 64, 3, 3)
rows, dense_w, out = normal(6, 20), normal(5, 20), normal(6, 5)
halved, mean = normal(2, 3, 4, 4), normal(2, 3, 1, 1)
pooled, places = normal(2, 3, 5, 5), RNG.integers(0, 81, (2, 3, 5, 5))
labels, yes = np.array([0, 4, 2, -100, 1, 3]), np.abs(out) / np.abs(out).max()
CALLS = {
    "conv2d": lambda: F.conv2d(x, w, b, padding=1),
    "conv2d of one image": lambda: F.conv2d(x[0], w, None, 2, (1, 0)),
    "conv2d, relu": lambda: F.conv2d(x, w, b, relu=True),
    "conv2d, same": lambda: F.conv2d(x, w, padding="same"),
    "conv2d, Winograd": lambda: F.conv2d(deep, deep_w, padding=((1, 1), (1, 1))),
    "conv2d_input, Winograd": lambda: grad.conv2d_input(deep.shape, deep_w, deep, padding=1),
    "conv2d_weight, Winograd": lambda: grad.conv2d_weight(deep, deep_w.shape, deep, padding=1),
    "conv2d_input, strided": lambda: grad.conv2d_input((2, 64, 23, 23), deep_w, deep, stride=2, padding=1),
    "conv2d_weight": lambda: grad.conv2d_weight(x, w.shape, dy, padding=1),
    "conv2d_bias": lambda: grad.conv2d_bias(dy),
    "max_pool2d": lambda: F.max_pool2d(x, 2),
    "max_pool2d with indices": lambda: F.max_pool2d(x, 3, 2, 1, return_indices=True),
    "max_pool2d_input": lambda: grad.max_pool2d_input(pooled, places, x.shape),
    "avg_pool2d": lambda: F.avg_pool2d(x, 2),
    "avg_pool2d_input": lambda: grad.avg_pool2d_input(halved, x.shape, 2),
    "adaptive_avg_pool2d": lambda: F.adaptive_avg_pool2d(x, (1, None)),
    "adaptive_avg_pool2d_input": lambda: grad.adaptive_avg_pool2d_input(mean, x.shape),
    "linear": lambda: F.linear(rows, dense_w, b[:5]),
    "linear_input": lambda: grad.linear_input(dense_w, out),
    "linear_weight": lambda: grad.linear_weight(rows, out),
    "linear_bias": lambda: grad.linear_bias(out),
    "channel_statistics": lambda: F.channel_statistics(x),
    "channel_statistics, groups": lambda: F.channel_statistics(last_channels(x), 1),
    "channel_norm": lambda: F.channel_norm(x, b[:3], b[3:6], relu=True),
    "channel_norm_gradients": lambda: grad.channel_norm_gradients(x, x + 1, b[:3], b[3:6], output=x),
    "batch_norm_input": lambda: grad.batch_norm_input(x, x + 1, b[:3], b[3:6]),
    "layer_norm": lambda: F.layer_norm(rows, 20, return_statistics=True),
    "layer_norm_gradients": lambda: grad.layer_norm_gradients(rows, rows, *yes.T.copy()[:2], 20),
    "relu": lambda: F.relu(x),
    "relu, channels last": lambda: F.relu(last_channels(x)),
    "relu_input": lambda: grad.relu_input(x, x + 1),
    "sigmoid": lambda: F.sigmoid(rows),
    "sigmoid_input": lambda: grad.sigmoid_input(rows, rows + 1),
    "softmax": lambda: F.softmax(rows, -1),
    "softmax, channels last": lambda: F.softmax(last_channels(x), 1),
    "softmax_input": lambda: grad.softmax_input(rows, rows + 1, 1),
    "log_softmax": lambda: F.log_softmax(rows, 1),
    "log_softmax_input": lambda: grad.log_softmax_input(rows, rows + 1, 1),
    "cross_entropy": lambda: F.cross_entropy(out, labels),
    "cross_entropy, probabilities": lambda: F.cross_entropy(out, yes, b[:5], reduction="sum"),
    "cross_entropy_input": lambda: grad.cross_entropy_input(out, labels),
    "cross_entropy_input, smoothed": lambda: grad.cross_entropy_input(out, labels, label_smoothing=0.25),
    "binary_cross_entropy_with_logits": lambda: F.binary_cross_entropy_with_logits(out, yes),
    "binary_cross_entropy_with_logits_input": lambda: grad.binary_cross_entropy_with_logits_input(out, yes),
    "mse_loss": lambda: F.mse_loss(out, yes),
    "mse_loss, none": lambda: F.mse_loss(out, yes, "none"),
    "mse_loss_input": lambda: grad.mse_loss_input(out, yes),
}


@pytest.fixture(autouse=True)
def _kernels():
    with fastconv.backend("numba"):
        yield


def names_of(operation):
    return operation.__globals__


@pytest.fixture
def threads_that_are_replayed():
    """Any number, but where the threading layer is workqueue one alone."""
    before = jit.get_num_threads()
    if jit.threading_layer() == "workqueue":
        jit.set_num_threads(1)
    yield
    jit.set_num_threads(before)


@pytest.mark.usefixtures("threads_that_are_replayed")
@pytest.mark.parametrize("name", CALLS)
def test_the_second_call_is_a_replay(name, monkeypatch):
    operation = name.partition(",")[0].split(" ")[0]
    wrapper = getattr(F, operation, None) or getattr(grad, operation)
    first = CALLS[name]()

    def called(*arguments):
        pytest.fail("Python's way was gone again")

    monkeypatch.setitem(names_of(wrapper), "function", called)
    monkeypatch.setitem(names_of(wrapper), "record", called)
    second = CALLS[name]()
    for one, other in zip(*((r if isinstance(r, tuple) else (r,)) for r in (first, second)), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.strides == other.strides


def test_the_reference_is_not_replayed():
    a = np.array([[-0.0, 2.0]], np.float32)
    F.relu(a)
    with fastconv.backend("reference"):
        found = names_of(F.relu)["replay"](fastconv.reference, a)
        assert found is None
        F.relu(a)
        assert names_of(F.relu)["replay"](fastconv.reference, a) is None


def test_wrong_arguments_raise_after_right_ones():
    for _ in range(2):
        F.linear(rows, dense_w)
        with pytest.raises(ValueError, match="linear: input"):
            F.linear(out, dense_w)
        with pytest.raises(TypeError, match="linear: weight"):
            F.linear(rows, dense_w.astype(np.float64))
        with pytest.raises(TypeError, match="stride"):
            F.conv2d(x, w, stride=True)


def test_wrong_labels_raise_after_right_ones():
    for _ in range(2):
        F.cross_entropy(out, labels)
        grad.cross_entropy_input(out, labels)
        grad.max_pool2d_input(pooled, places, x.shape)
        for bad in (5, -1, 2**62, -(2**62)):
            wrong = labels.copy()
            wrong[2] = bad
            message = rf"target: got {bad} at index 2, needs 0 to 4, or ignore_index=-100"
            with pytest.raises(ValueError, match=message):
                F.cross_entropy(out, wrong)
            with pytest.raises(ValueError, match=message):
                grad.cross_entropy_input(out, wrong)
        for bad in (81, -1, 2**62, -(2**62)):
            wrong = places.copy()
            wrong[1, 2, 3, 4] = bad
            with pytest.raises(
                ValueError, match=rf"indices: got {bad} at index \(1, 2, 3, 4\), needs 0 to 80"
            ):
                grad.max_pool2d_input(pooled, wrong, x.shape)


def test_an_operation_keeps_its_name_and_signature():
    assert inspect.signature(F.conv2d).parameters["stride"].default == 1
    assert F.conv2d.__name__ == "conv2d" and "(N, C, H, W)" in F.conv2d.__doc__
    assert pickle.loads(pickle.dumps(F.conv2d)) is F.conv2d


def test_keywords_and_defaults_reach_the_operation():
    @replayed
    def named(first, second, third=3, fourth=(4, 4)):
        return first, second, third, fourth

    with fastconv.backend("reference"):
        assert named(1, second=2) == (1, 2, 3, (4, 4))
        assert named(1, 2, fourth=5) == (1, 2, 3, 5)
