import io
import sys

import numpy as np
import pytest

from fastconv.interop.keras.weights import opened
from tests.interop.keras.files import hdf5

h5py = pytest.importorskip("h5py")
FLOAT = np.dtype(np.float32)


def made(fill):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8"])
def test_floats_of_all_sizes(dtype):
    wanted = np.float64([[0.5, -1.25, 2]]).astype(dtype)
    for to in (np.dtype(np.float32), np.dtype(np.float64)):
        with opened(hdf5({"a/vars/0": wanted})) as weights:
            got = weights.array("a/vars/0", (1, 3), to)
        assert got.dtype == to
        assert got.tolist() == [[0.5, -1.25, 2]]


def test_bfloat16_is_the_upper_half_of_float32():
    halves = (np.float32([1.5, -2, 0.25]).view(np.uint32) >> 16).astype(np.uint16)

    def fill(file):
        dataset = file.create_dataset("a", data=halves.view("V2"))
        dataset.attrs["dtype"] = "bfloat16"

    with opened(made(fill)) as weights:
        assert weights.array("a", (3,), FLOAT).tolist() == [1.5, -2, 0.25]


@pytest.mark.parametrize(
    ("path", "shape", "message"),
    [
        ("b", (2,), "weights b: there is no 'b' in the file"),
        ("a", (3,), r"got shape \(2,\), needs shape \(3,\)"),
        ("a/b", (2,), "there is no 'b' in the file"),
        ("group", (2,), r"got a group, needs shape \(2,\)"),
        ("soft", (2,), "'soft' is a link"),
        ("outside", (2,), "'outside' is a link"),
        ("inner/a", (2,), "'inner' is a link"),
        ("whole", (2,), "got int64, needs floats"),
        ("packed", (4,), "behind a filter, needs it as it is"),
        ("empty", (2,), "got 8 bytes, which the file does not have"),
        ("elsewhere", (2,), "in another file or behind a filter"),
        ("virtual", (2,), "in another file or behind a filter"),
    ],
)
def test_what_is_not_read(tmp_path, path, shape, message):
    (tmp_path / "raw").write_bytes(bytes(8))

    def fill(file):
        file["a"] = np.ones(2, np.float32)
        file["whole"] = np.ones(2, np.int64)
        file.create_group("group")
        file["soft"] = h5py.SoftLink("/a")
        file["inner"] = h5py.SoftLink("/")
        file["outside"] = h5py.ExternalLink("other.h5", "/a")
        file.create_dataset("packed", data=np.ones(4, np.float32), compression="gzip")
        file.create_dataset("empty", (2,), np.float32)
        file.create_dataset("elsewhere", (2,), np.float32, external=[(str(tmp_path / "raw"), 0, 8)])
        layout = h5py.VirtualLayout((2,), np.float32)
        layout[:] = h5py.VirtualSource("other.h5", "a", (2,))
        file.create_virtual_dataset("virtual", layout)

    with opened(made(fill)) as weights, pytest.raises(ValueError, match=message):
        weights.array(path, shape, FLOAT)


def test_arrays_take_no_more_bytes_than_the_file_has():
    def fill(file):
        file["a"] = np.ones(10_000, np.float32)

    with opened(made(fill)) as weights:
        weights.array("a", (10_000,), FLOAT)
        with pytest.raises(ValueError, match="weights a: got 40000 bytes, which the file does not have"):
            weights.array("a", (10_000,), FLOAT)


def test_without_h5py(monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"^keras.load: needs h5py: pip install 'fastconv\[keras\]'$"):
        opened(b"").__enter__()
