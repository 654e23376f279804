"""Arrays under their names; test_children.py has what holds for the layers that are attributes."""

import pickle

import numpy as np
import pytest

import fastconv
from fastconv import nn, optim
from fastconv.training.trainer import Trainer


class Count(nn.Layer):
    """y = x, with a count of the batches of training and a mean that they move."""

    def __init__(self):
        super().__init__()
        self._buffers["mean"] = np.zeros(2, np.float32)
        self._buffers["num_batches_tracked"] = np.array(0)

    def forward(self, x, training=True):
        if training:
            self._buffers["mean"][...] = x.mean(axis=0)
            self._buffers["num_batches_tracked"][...] += 1
        return x, lambda dy, input_gradient=True: ((dy if input_gradient else None), {})


X = np.arange(6, dtype=np.float32).reshape(3, 2)


def model(seed=0):
    return nn.Sequential(nn.Linear(2, 2), nn.Sequential(Count(), nn.Linear(2, 1)), seed=seed)


def test_buffers_are_in_the_state_and_not_among_the_parameters():
    subject = model()
    assert list(subject.buffers()) == ["1.0.mean", "1.0.num_batches_tracked"]
    assert "1.0.mean" not in subject.parameters()
    assert list(subject.state_dict()) == [
        *("0.weight", "0.bias", "1.0.mean", "1.0.num_batches_tracked", "1.1.weight", "1.1.bias")
    ]


def test_buffers_are_loaded_and_the_count_may_be_missing():
    a, b = model(0), model(1)
    a.forward(X)
    state = a.state_dict()
    b.load_state_dict(state)
    assert b.buffers()["1.0.num_batches_tracked"] == 1
    assert np.array_equal(b.buffers()["1.0.mean"], a.buffers()["1.0.mean"])
    del state["1.0.num_batches_tracked"]
    model().load_state_dict(state)
    del state["1.0.mean"]
    with pytest.raises(ValueError, match=r"missing 1\.0\.mean$"):
        model().load_state_dict(state)


def test_a_count_is_a_whole_number():
    state = model().state_dict() | {"1.0.num_batches_tracked": np.array(1.5)}
    with pytest.raises(ValueError, match=r"num_batches_tracked: got float64, needs int64"):
        model().load_state_dict(state)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), ["0.weight", "0.bias", "1.1.weight", "1.1.bias"]),
        (("0",), ["0.weight", "0.bias"]),
        (("1.1.bias", "0."), ["0.weight", "0.bias", "1.1.bias"]),
        (("1",), ["1.1.weight", "1.1.bias"]),
    ],
)
def test_names_or_their_beginnings_are_frozen(names, expected):
    subject = model()
    subject.freeze(*names)
    assert subject.frozen() == expected
    subject.unfreeze("1.1.bias")
    assert "1.1.bias" not in subject.frozen()
    subject.unfreeze()
    assert subject.frozen() == []


@pytest.mark.parametrize("name", ["2", "0.wei", "", "1.2"])
def test_a_name_with_which_nothing_begins(name):
    with pytest.raises(ValueError, match=rf"^freeze: names: got '{name}', needs what a parameter's name"):
        model().freeze("0", name)
    with pytest.raises(TypeError, match=r"^unfreeze: names: got 0, needs names"):
        model().unfreeze(0)


@pytest.mark.parametrize(
    "optimizer", [optim.Adam, lambda p: optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.1)]
)
def test_what_is_frozen_stays_in_training(optimizer):
    subject = model()
    trainer = Trainer(subject, nn.MSELoss(), optimizer(subject.parameters()), clip_norm=0.1)
    y = np.ones((3, 1), np.float32)
    trainer.step(X, y)
    before = subject.state_dict()
    subject.freeze("0.weight", "1.1.bias")
    trainer.step(X, y)
    after = subject.parameters()
    changed = [name for name in after if not np.array_equal(after[name], before[name])]
    assert changed == ["0.bias", "1.1.weight"]


def test_what_is_frozen_stays_frozen_in_files(tmp_path):
    subject = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1), seed=0)
    subject.freeze("0")
    subject.save(tmp_path / "model.safetensors")
    assert fastconv.load(tmp_path / "model.safetensors").frozen() == ["0.weight", "0.bias"]
    trainer = Trainer(subject, nn.MSELoss(), optim.Adam(subject.parameters()))
    trainer.save(tmp_path / "training.safetensors")
    assert Trainer.resume(tmp_path / "training.safetensors").model.frozen() == ["0.weight", "0.bias"]


def test_a_layer_that_has_statistics_alone_is_frozen_by_its_name(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    subject = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, affine=False), seed=0)
    subject.freeze("1")
    subject.save(tmp_path / "model.safetensors")
    for frozen in (subject, fastconv.load(tmp_path / "model.safetensors")):
        before = frozen.state_dict()
        np.testing.assert_array_equal(frozen.forward(x, training=True)[0], frozen(x))
        assert all(np.array_equal(before[name], array) for name, array in frozen.state_dict().items())
        assert frozen.frozen() == []
    subject.unfreeze()
    subject.forward(x, training=True)
    assert subject.buffers()["1.num_batches_tracked"] == 1
    subject.freeze()
    subject.forward(x, training=True)
    assert subject.buffers()["1.num_batches_tracked"] == 1
    assert subject.frozen() == ["0.weight", "0.bias"]


def containers(first, second):
    """Models whose layer `first` can be replaced, and the place where it is."""
    for outer in (
        lambda inner: nn.Sequential(inner, second),
        lambda inner: nn.Graph({"a": (inner, "input"), "b": (second, "a")}),
        lambda inner: nn.Residual(nn.Sequential(inner, second)),
    ):
        inner = nn.Residual(first)
        yield outer(inner), inner


def test_a_layer_that_is_replaced_is_forgotten():
    first, second = nn.Linear(2, 2, seed=0), nn.Linear(2, 2, seed=1)
    first.freeze()
    for subject, inner in containers(first, second):
        gradients = subject.forward(X)[1](X, input_gradient=False)[1]
        assert [g is None for g in gradients.values()] == [True, True, False, False]
        inner.body = nn.Linear(2, 2, seed=2)
        gradients = subject.forward(X)[1](X, input_gradient=False)[1]
        assert not any(g is None for g in gradients.values())
        inner.body = second
        gradients = subject.forward(X)[1](X)[1]
        assert list(gradients) == list(subject.parameters())
        assert len(gradients) == 2


def test_a_pickled_model_knows_nothing_of_the_process_that_wrote_it():
    first, second = nn.Linear(2, 2, seed=0), nn.Linear(2, 2, seed=1)
    first.freeze()
    for subject, _ in containers(first, second):
        subject.forward(X)[1](X, input_gradient=False)
        again = pickle.loads(pickle.dumps(subject))
        for layer in again.modules():  # as another process, in which nothing was frozen before
            layer._frozen = frozenset()
        gradients = again.forward(X)[1](X, input_gradient=False)[1]
        assert not any(g is None for g in gradients.values())


def test_another_type_is_a_copy_with_all_numbers_in_it():
    layer = nn.Linear(2, 2)
    subject = nn.Sequential(layer, nn.Sequential(Count(), layer), seed=0)
    subject.freeze("0.bias")
    double = subject.astype(np.float64)
    assert {array.dtype for array in subject.parameters().values()} == {np.dtype(np.float32)}
    kinds = {name: array.dtype.name for name, array in double.state_dict().items()}
    assert kinds.pop("1.0.num_batches_tracked") == "int64"
    assert {*kinds.values()} == {"float64"}
    assert double[0] is double[1][1]
    assert double[0].dtype == np.float64
    assert double.frozen() == ["0.bias"]
    x = X.astype(np.float64)
    np.testing.assert_allclose(double.predict(x), subject.predict(X), rtol=1e-6)
    with pytest.raises(TypeError, match=r"Sequential: dtype: got"):
        subject.astype(np.int32)


def test_a_users_layer_that_is_frozen_gives_no_gradient():
    class Shift(nn.Layer):
        def __init__(self):
            super().__init__()
            self._parameters["shift"] = np.zeros(2, np.float32)

        def forward(self, x, training=True):
            return x + self._parameters["shift"], lambda dy, input_gradient=True: (dy, {"shift": dy.sum(0)})

    layer = Shift()
    assert layer.forward(X)[1](X)[1]["shift"] is not None
    layer.freeze()
    assert layer.forward(X)[1](X)[1] == {"shift": None}


def test_layers_have_the_names_of_their_places():
    layer = nn.ReLU()
    model = nn.Sequential(nn.Sequential(layer, nn.Tanh()), layer)
    names = [name for name, _ in model.named_modules()]
    assert names == ["", "0", "0.0", "0.1"]
    every = list(model.named_modules("model", remove_duplicate=False))
    assert [name for name, _ in every] == ["model", "model.0", "model.0.0", "model.0.1", "model.1"]
    assert every[2][1] is every[4][1] is layer
