import json
import os
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


@pytest.mark.parametrize("kind", ["onnx", "keras"])
def test_files_that_another_module_reads_are_told_which(kind, tmp_path):
    path = tmp_path / f"model.{kind}"
    path.write_bytes(b"PK\x03\x04" * 8)
    message = rf"is no complete safetensors file: fastconv\.interop\.{kind}\.load would fit$"
    with pytest.raises(ValueError, match=message):
        fastconv.load(path)


def written(path, header, data):
    """A safetensors file of this header and data."""
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def halves(path):
    """A file of a bfloat16 array, one of float16 and an empty one."""
    header = {
        "brain": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]},
        "half": {"dtype": "F16", "shape": [1], "data_offsets": [12, 14]},
        "none": {"dtype": "BF16", "shape": [0, 2], "data_offsets": [14, 14]},
        "whole": {"dtype": "F32", "shape": [], "data_offsets": [14, 18]},
    }
    # 1, -2, the smallest normal number, NaN, infinity, and 1 + 2^-7, the next after 1.
    bits = np.array([0x3F80, 0xC000, 0x0080, 0x7FC0, 0x7F80, 0x3F81], "<u2")
    written(path, header, bits.tobytes() + np.float16([-1.5]).tobytes() + np.float32(3).tobytes())


def test_half_precision_becomes_float32_and_is_said_once(tmp_path, caplog):
    halves(tmp_path / "a")
    found = safetensors.load(tmp_path / "a")
    expected = {
        "brain": np.float32([[1, -2, 2.0**-126], [np.nan, np.inf, 1 + 2.0**-7]]),
        "half": np.float32([-1.5]),
        "none": np.zeros((0, 2), np.float32),
        "whole": np.array(3, np.float32),
    }
    assert list(found) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
    assert [r.getMessage() for r in caplog.records] == [
        f"{tmp_path / 'a'}: half precision becomes float32: brain; half; none"
    ]


def test_a_model_takes_halves_and_says_so_once(tmp_path, caplog):
    state = {"weight": np.float16([[1.5, 0.1]]), "bias": np.float16([2])}
    layer = nn.Linear(2, 1)
    layer.load_state_dict(state)
    assert np.array_equal(layer.weight, np.float32(state["weight"]))
    (record,) = caplog.records
    assert record.name == "fastconv"
    assert re.match(r"load_state_dict: numbers of half precision are converted: ", record.getMessage())
    caplog.clear()
    safetensors.save(state, tmp_path / "a")
    layer.load_state_dict(safetensors.load(tmp_path / "a"))
    assert len(caplog.records) == 1


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_the_halves_that_pytorch_writes(kind, tmp_path):
    torch = pytest.importorskip("torch")
    import safetensors.torch as torch_files

    theirs = torch.randn(50, 3, generator=torch.Generator().manual_seed(0)).to(getattr(torch, kind))
    torch_files.save_file({"a": theirs}, tmp_path / "theirs")
    np.testing.assert_array_equal(safetensors.load(tmp_path / "theirs")["a"], theirs.float().numpy())
    layer = nn.Linear(3, 50, bias=False)
    layer.load_state_dict({"weight": theirs})
    np.testing.assert_array_equal(layer.weight, theirs.float().numpy())


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=r"pipe: is no file, needs to be a safetensors file$"):
        safetensors.load(tmp_path / "pipe")


WORDS = [
    b"BF16",
    b"F16",
    b"F8_E4M3",
    b"C64",
    b"F4",
    b"18446744073709551615",
    b"-1",
    b"1e9",
    b"[",
    b"{",
    b"null",
]


def mutated(rng, content):
    """The content with some bytes changed, cut off, inserted or replaced by a word of a header."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        at, kind = int(rng.integers(len(data) + 1)), rng.integers(6)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            del data[at : at + int(rng.integers(1, 9))]
        elif kind == 2:
            data[at:at] = rng.bytes(int(rng.integers(1, 9)))
        elif kind == 3:
            word = WORDS[rng.integers(len(WORDS))]
            data[at : at + len(word)] = word
        else:
            data[at : at + 1] = rng.bytes(1)
    return bytes(data)


def test_mutated_files_are_read_or_refused_and_bound_memory(tmp_path, caplog):
    safetensors.save(ARRAYS, tmp_path / "a")
    halves(tmp_path / "b")
    contents = [(tmp_path / name).read_bytes() for name in "ab"]
    rng, path, read = np.random.default_rng(0), tmp_path / "mutated", 0
    for number in range(400):
        content = mutated(rng, contents[number % 2])
        path.write_bytes(content)
        try:
            found = safetensors.load(path)
        except ValueError:
            pass
        else:
            read += 1
            assert sum(array.nbytes for array in found.values()) <= 2 * len(content)
    assert 0 < read < 400
