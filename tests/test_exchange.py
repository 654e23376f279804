"""Arrays of other libraries, wherever a user passes an array."""

import numpy as np
import pytest

import fastconv
from fastconv import exchange, grad, nn, optim
from fastconv import functional as F
from fastconv.verification import cases


class Interface:
    """What has an array's memory, and nothing else of an array."""

    def __init__(self, array):
        self.__array_interface__ = array.__array_interface__
        self._array = array


class Capsule:
    """What exports DLPack from the memory of a device."""

    def __init__(self, array, device=1):
        self._array, self._device = array, device

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._device, 0


class Frame:
    """What has a `to_numpy`."""

    def __init__(self, array):
        self._array = array

    def __iter__(self):
        return iter("columns")

    def to_numpy(self):
        return self._array


def tensor(array):
    torch = pytest.importorskip("torch")
    return torch.tensor(array, requires_grad=array.dtype.kind == "f")


KINDS = [Interface, Capsule, Frame, pytest.param(tensor, marks=pytest.mark.torch)]
OPERATIONS = {case.operation: case for case in reversed(list(cases(np.dtype(np.float64))))}


def wrapped(kind, value):
    if isinstance(value, list):
        return [wrapped(kind, inner) for inner in value]
    return kind(value) if isinstance(value, np.ndarray) else value


def test_memory_is_shared_where_it_allows():
    array = np.arange(6.0).reshape(2, 3)
    for kind in (Interface, Capsule, Frame):
        found = exchange.taken("f", "x", kind(array))
        assert type(found) is np.ndarray
        assert np.shares_memory(found, array)
        np.testing.assert_array_equal(found, array)


@pytest.mark.torch
def test_a_tensor_is_taken_as_plain_numbers_in_its_own_memory():
    torch = pytest.importorskip("torch")
    given = torch.tensor([[1.0, 2.0]], requires_grad=True)
    found = exchange.taken("f", "x", given)
    assert found.ctypes.data == given.data_ptr()
    assert F.relu(given * 2).tolist() == [[2, 4]]
    assert F.relu(given.T[::1]).tolist() == [[1], [2]]
    assert nn.Linear(2, 1)(torch.ones(3, 2, requires_grad=True)).shape == (3, 1)


def test_frames_and_series():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, -2.0], "b": [3.0, 4.0]})
    assert F.relu(frame).tolist() == [[1, 3], [0, 4]]
    layer = nn.Linear(2, 1, dtype=np.float64, seed=0)
    np.testing.assert_array_equal(layer.predict(frame), layer.predict(frame.to_numpy()))
    with pytest.raises(TypeError, match=r"^relu: input: got object, needs float32 or float64"):
        F.relu(pandas.DataFrame({"a": ["x"], "b": [3.0]}))


@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_takes_them(kind):
    with fastconv.backend("reference"):
        for name, case in OPERATIONS.items():
            operation = getattr(F, name, None) or getattr(grad, name)
            expected = operation(**case.arguments)
            found = operation(**{key: wrapped(kind, value) for key, value in case.arguments.items()})
            for one, other in zip(
                *(r if isinstance(r, tuple | list) else [r] for r in (found, expected)), strict=True
            ):
                np.testing.assert_array_equal(one, other, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_is_replayed_reads_what_it_is_given(kind):
    rng = np.random.default_rng(0)
    for _ in range(3):
        x, y = rng.normal(size=(2, 3, 5))
        np.testing.assert_array_equal(F.add(kind(x), kind(y)), x + y)


@pytest.mark.parametrize("kind", KINDS)
def test_running_statistics_are_updated_in_their_memory(kind):
    x = np.random.default_rng(0).normal(size=(4, 2, 3))
    ours, theirs = (np.zeros(2), np.ones(2)), (np.zeros(2), np.ones(2))
    wrappers = [kind(array) for array in theirs]
    with fastconv.backend("reference"):
        expected = F.batch_norm(x, *ours, training=True)
        np.testing.assert_array_equal(F.batch_norm(kind(x), *wrappers, training=True), expected)
    for one, wrapper in zip(ours, wrappers, strict=True):
        np.testing.assert_array_equal(exchange.taken("f", "x", wrapper), one)


@pytest.mark.parametrize("kind", KINDS)
def test_losses_and_files_take_them(kind, tmp_path):
    weight = np.array([1.0, 2.0, 3.0])
    for loss in (nn.CrossEntropyLoss(kind(weight)), nn.BCEWithLogitsLoss(pos_weight=kind(weight))):
        assert loss.config()["pos_weight" if isinstance(loss, nn.BCEWithLogitsLoss) else "weight"] == [
            1,
            2,
            3,
        ]
    fastconv.interop.safetensors.save({"a": kind(weight)}, tmp_path / "file")
    np.testing.assert_array_equal(fastconv.interop.safetensors.load(tmp_path / "file")["a"], weight)


def model():
    body = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2))
    graph = nn.Graph({"a": (nn.ReLU(), "input"), "b": (nn.Add(), "a", "input")})
    return nn.Sequential(
        nn.Residual(body), nn.Concat(nn.Identity(), graph), nn.Flatten(), nn.Linear(36, 3), seed=0
    )


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 2, 3, 3)).astype(np.float32), np.array([0, 1, 2, 2, 1, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_models_take_them(kind):
    x, _ = data()
    subject = model()
    with fastconv.backend("reference"):
        expected = subject(x)
        for layer in (subject, subject[0], subject[1], nn.Graph({"a": (subject, "input")})):
            assert type(layer(kind(x))) is np.ndarray
        np.testing.assert_array_equal(subject(kind(x)), expected)
        np.testing.assert_array_equal(subject.predict(kind(x), 4), expected)
        np.testing.assert_array_equal(subject.predict([kind(row) for row in x]), expected)
        y, backward = subject.forward(kind(x))
        ours, back = subject.forward(x)
        np.testing.assert_array_equal(y, ours)
        for one, other in zip(backward(y)[1].values(), back(ours)[1].values(), strict=True):
            np.testing.assert_array_equal(one, other)
        assert nn.BatchNorm2d(2)(kind(x)).shape == x.shape


@pytest.mark.parametrize("kind", KINDS)
def test_trainers_take_them(kind):
    x, y = data()
    weights = np.linspace(1, 2, 6)

    def trained(change):
        subject = model()
        trainer = fastconv.Trainer(subject, nn.CrossEntropyLoss(), optim.SGD(subject.parameters(), 0.1))
        trainer.step(change(x), change(y))
        validation = change(x), change(y), change(weights)
        more = {"sample_weight": change(weights), "class_weight": change(np.array([1.0, 2.0, 3.0]))}
        trainer.fit(change(x), change(y), batch_size=4, progress=False, validation_data=validation, **more)
        batches = [(change(x[:4]), change(y[:4])), (change(x[4:]), change(y[4:]), change(weights[4:]))]
        trainer.fit(batches, progress=False, validation_data=batches)
        measured = trainer.evaluate(change(x), change(y), sample_weight=change(weights))
        return measured, subject.state_dict()

    with fastconv.backend("reference"):
        (measured, state), (expected, wanted) = trained(kind), trained(lambda array: array)
    assert measured == expected
    for name, array in wanted.items():
        np.testing.assert_array_equal(state[name], array)


@pytest.mark.parametrize("kind", KINDS)
def test_losses_and_state_dicts_take_them(kind):
    output, target = np.random.default_rng(0).normal(size=(4, 3)), np.array([0, 2, 1, 1])
    loss = nn.CrossEntropyLoss([1, 2, 3])
    with fastconv.backend("reference"):
        assert loss(kind(output), kind(target)) == loss(output, target)
        weighted = loss.forward(kind(output), kind(target), kind(np.ones(4)))[0]
        assert weighted == pytest.approx(loss(output, target))
    layer, other = nn.Linear(3, 2, seed=0), nn.Linear(3, 2, seed=1)
    layer.load_state_dict({name: kind(array) for name, array in other.state_dict().items()})
    assert np.array_equal(layer.weight, other.weight)


def test_memory_of_other_devices_is_told():
    with pytest.raises(
        TypeError, match=r"^relu: input: got Capsule: its memory is on device 2 of DLPack, needs"
    ):
        F.relu(Capsule(np.ones(2), device=2))
    with pytest.raises(TypeError, match=r"^predict: x: got Capsule: its memory is on device 2"):
        nn.Linear(2, 1).predict(Capsule(np.ones((1, 2)), device=2))


@pytest.mark.torch
def test_tensors_without_numbers_that_numpy_has_are_told():
    torch = pytest.importorskip("torch")
    with pytest.raises(
        TypeError, match=r"^relu: input: got Tensor: NumPy lacks bfloat16; its .float\(\) would fit"
    ):
        F.relu(torch.ones(2, dtype=torch.bfloat16))
    with pytest.raises(TypeError, match=r"^relu: input: got Tensor: its memory is on meta, needs the CPU's"):
        F.relu(torch.ones(2, device="meta"))
    with pytest.raises(TypeError, match=r"^relu: input: got Tensor: "):
        F.relu(torch.ones(2).to_sparse())


@pytest.mark.parametrize("value", [3.0, "x", {"a": 1}, np.ndarray, Frame, object()])
def test_what_is_no_array_stays_what_it_is(value):
    assert exchange.taken("f", "x", value) is value
    with pytest.raises(TypeError, match=r"^relu: input: got \w+, needs a numpy.ndarray$"):
        F.relu(value)


@pytest.mark.torch
def test_a_data_loader_is_an_iterable_of_batches_and_its_data_set_is_told():
    torch = pytest.importorskip("torch")
    x, y = data()
    samples = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
    loader = torch.utils.data.DataLoader(samples, batch_size=4)

    def trained(*given, **options):
        subject = model()
        trainer = fastconv.Trainer(subject, nn.CrossEntropyLoss(), optim.SGD(subject.parameters(), 0.1))
        trainer.fit(*given, epochs=2, progress=False, **options)
        return trainer.evaluate(*given), subject.state_dict()

    with fastconv.backend("reference"):
        measured, state = trained(loader, validation_data=loader)
        expected, wanted = trained(x, y, batch_size=4, shuffle=False)
        assert measured == pytest.approx(expected)
        for name, array in wanted.items():
            np.testing.assert_array_equal(state[name], array)
        fits = r"an array with y, or batches: torch.utils.data.DataLoader\(x, batch_size=32\) would fit"
        with pytest.raises(TypeError, match=rf"^fit: x: got TensorDataset, single samples, needs {fits}$"):
            trained(samples)
