import re

import numpy as np
import pytest
import safetensors.numpy as numpy_files

import fastconv
from fastconv import nn
from fastconv.interop import safetensors

ARRAYS = {
    "weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "bias": np.array([0.5, -1]),
    "labels": np.arange(4, dtype=np.uint8),
    "half": np.float16([1.5]),
    "number": np.array(3),
}


def same(got, wanted):
    assert got.keys() == wanted.keys()
    for name, array in wanted.items():
        assert got[name].dtype == array.dtype
        assert np.array_equal(got[name], array)


def test_a_state_dict_comes_back_as_it_was(tmp_path):
    safetensors.save(ARRAYS, tmp_path / "a")
    same(safetensors.load(str(tmp_path / "a")), ARRAYS)


def test_other_programs_read_what_save_wrote_and_load_reads_what_they_wrote(tmp_path):
    safetensors.save(ARRAYS, tmp_path / "a")
    same(numpy_files.load_file(tmp_path / "a"), ARRAYS)
    numpy_files.save_file(ARRAYS, tmp_path / "b")
    same(safetensors.load(tmp_path / "b"), ARRAYS)


@pytest.mark.torch
def test_pytorch_reads_and_writes_the_same_files(tmp_path):
    torch = pytest.importorskip("torch")
    import safetensors.torch as torch_files

    theirs = torch.nn.Linear(3, 2)
    torch_files.save_file(theirs.state_dict(), tmp_path / "theirs")
    layer = nn.Linear(3, 2)
    layer.load_state_dict(safetensors.load(tmp_path / "theirs"))
    assert np.array_equal(layer.weight, theirs.weight.detach().numpy())
    safetensors.save(nn.Linear(3, 2, seed=1).state_dict(), tmp_path / "here")
    theirs.load_state_dict(torch_files.load_file(tmp_path / "here"))
    assert np.array_equal(theirs.weight.detach().numpy(), nn.Linear(3, 2, seed=1).weight)


def test_the_package_offers_the_module():
    assert fastconv.interop.safetensors is safetensors


def test_the_arrays_of_a_model_are_read_without_its_architecture(tmp_path):
    model = nn.Sequential(nn.Linear(3, 2), seed=0)
    model.save(tmp_path / "model")
    same(safetensors.load(tmp_path / "model"), model.state_dict())


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (
            nn.Linear(3, 2),
            TypeError,
            "got Linear, needs a dict of name and array; its state_dict()",
        ),
        ([1, 2], TypeError, "got list, needs a dict of name and array"),
        ({"a": [1.0]}, TypeError, "got list for 'a', needs a name and an array each"),
        ({1: np.ones(2)}, TypeError, "got ndarray for 1, needs a name and an array each"),
        ({"a": np.array(["x"])}, ValueError, "got <U1 for 'a', needs one of float32, "),
        ({"a": np.ones(2, complex)}, ValueError, "got complex128 for 'a', needs one of float32, "),
    ],
)
def test_what_no_file_holds(state, error, message, tmp_path):
    with pytest.raises(error, match=rf"^save: state_dict: {re.escape(message)}"):
        safetensors.save(state, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_other_byte_orders_are_written_as_the_same_numbers(tmp_path):
    safetensors.save({"a": np.array([1, 2.5], ">f4")}, tmp_path / "a")
    same(safetensors.load(tmp_path / "a"), {"a": np.array([1, 2.5], np.float32)})


def test_arrays_are_written_in_row_major_order_whatever_their_memory(tmp_path):
    array = np.arange(6, dtype=np.float32).reshape(2, 3).T
    safetensors.write(tmp_path / "file", {}, {"a": array, "b": np.array(2.0), "c": array[::-1]})
    tensors = safetensors.read(tmp_path / "file")[1]
    assert np.array_equal(tensors["a"], array)
    assert tensors["b"].shape == ()
    assert np.array_equal(tensors["c"], array[::-1])
