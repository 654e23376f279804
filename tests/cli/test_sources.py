import struct

import numpy as np
import pytest

from fastconv.cli.sources import read


def write_idx(path, array):
    path.write_bytes(struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes())
    return path


def test_digits():
    name, data = read("digits")
    assert name == "digits"
    assert data.input_shape == (1, 8, 8)


def test_npz(bars):
    name, data = read(f"npz:{bars}")
    assert name == "bars"
    assert data.classes == ("left", "middle", "right")


def test_idx_with_and_without_a_test_pair(tmp_path):
    images = write_idx(tmp_path / "images", np.zeros((10, 5, 4), np.uint8))
    labels = write_idx(tmp_path / "labels", np.arange(10, dtype=np.uint8) % 2)
    name, data = read(f"idx:{images},{labels}")
    assert name == "idx"
    assert (len(data.train[1]), len(data.test[1])) == (8, 2)
    _, data = read(f"idx:{images},{labels},{images},{labels}")
    assert (len(data.train[1]), len(data.test[1])) == (10, 10)


@pytest.mark.parametrize(
    "given", ["", "mnist", "digits:", "npz", "npz:", "idx:", "idx:a", "idx:a,", "idx:a,b,c", "idx:a,b,c,d,e"]
)
def test_anything_else_is_refused(given):
    with pytest.raises(ValueError, match=r"^--data: got .*, needs digits, idx:IMAGES,LABELS"):
        read(given)
