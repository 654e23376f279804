import numpy as np
import pytest

from fastconv.interop.onnx.reading.tensors import Tensors, text
from tests.interop.onnx.models import draw, onnx

TYPES = [
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
]


@pytest.mark.parametrize("dtype", TYPES)
def test_arrays_of_raw_bytes_and_of_numbers(dtype):
    array = np.array([[1, 0, 3], [100, 1, 0]]).astype(dtype)
    raw = onnx.numpy_helper.from_array(array)
    kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    listed = onnx.helper.make_tensor("a", kind, array.shape, array.ravel().tolist())
    for tensor in (raw, listed):
        found = Tensors(None).array(tensor)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


def test_half_precision_is_widened_and_noted():
    half, tensors = draw(5).astype(np.float16), Tensors(None)
    raw = onnx.numpy_helper.from_array(half)
    listed = onnx.helper.make_tensor("a", onnx.TensorProto.FLOAT16, [5], half)
    for tensor in (raw, listed):
        np.testing.assert_array_equal(tensors.array(tensor), half.astype(np.float32))
    brain = onnx.TensorProto(dims=[2], data_type=16, raw_data=np.array([0x3FC0, 0xC000], "<u2").tobytes())
    np.testing.assert_array_equal(tensors.array(brain), np.float32([1.5, -2]))
    assert tensors.halves == {"float16", "bfloat16"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dims": [2], "raw_data": b"1234"}, "got 4 bytes for a tensor of dims (2,), needs 8"),
        (
            {"dims": [2**40], "float_data": [1.0]},
            f"got 1 numbers for a tensor of dims ({2**40},), needs {2**40}",
        ),
        ({"dims": [-1], "raw_data": b""}, "got dims (-1,), needs at most 32 sizes of at least 0"),
        ({"dims": [1] * 40, "raw_data": b"1234"}, "needs at most 32 sizes of at least 0"),
        (
            {"dims": [1], "data_type": 8},
            "got elements of ONNX's type 8, needs floats, integers or truth values",
        ),
        ({"dims": [1], "segment": {"begin": 0}}, "got a part of a tensor, needs a whole one"),
    ],
)
def test_sizes_are_checked_before_memory_is_taken(fields, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared
        Tensors(None).array(onnx.TensorProto(**{"data_type": 1, **fields}))
    assert message in str(caught.value)


def outside(location, size=8, **entries):
    tensor = onnx.TensorProto(dims=[size // 4], data_type=1, data_location=1)
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def test_data_in_a_file_beside(tmp_path):
    array = draw(6)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "data").write_bytes(array.tobytes())
    found = Tensors(tmp_path).array(outside("inner/data", 16, offset=8, length=16))
    np.testing.assert_array_equal(found, array[2:])


@pytest.mark.parametrize("location", ["/etc/passwd", "../data", "a/../../data", "", "C:data", "a\\b", "link"])
def test_data_in_other_folders_is_refused(location, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "data").write_bytes(b"12345678")
    (tmp_path / "model" / "link").symlink_to(tmp_path / "data")
    with pytest.raises(ValueError, match="folder"):
        Tensors(tmp_path / "model").array(outside(location))


@pytest.mark.parametrize("entries", [{"offset": 4}, {"length": 4}, {"offset": -1}, {"offset": "x"}])
def test_parts_that_a_file_does_not_have_are_refused(entries, tmp_path):
    (tmp_path / "data").write_bytes(b"12345678")
    with pytest.raises(ValueError, match=r"^got "):
        Tensors(tmp_path).array(outside("data", **entries))


def test_missing_files_and_models_without_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="the file with the model's data is missing"):
        Tensors(tmp_path).array(outside("data"))
    with pytest.raises(ValueError, match="needs a model in a file beside it"):
        Tensors(None).array(outside("data"))


def test_names_are_text_that_can_be_printed():
    assert text(b"a\xffb\n") == "a\ufffdb\ufffd"
    assert text("plain") == "plain"
