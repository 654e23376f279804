import struct

import numpy as np
import pytest

from fastconv.cli.sources import read
from fastconv.data.preparation import Preparation


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


def test_a_folder_of_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(5):
            image.new("L", (6, 4), 10 * number).save(tmp_path / "pets" / name / f"{number}.png")
    name, data = read(f"folder:{tmp_path}/pets/")
    assert name == "pets"
    assert (data.classes, data.input_shape) == (("cat", "dog"), (1, 4, 6))
    how = Preparation((0.0, 80.0), crop=True)
    _, data = read(f"folder:{tmp_path}/pets", (2, 2), 3, how)
    assert data.input_shape == (3, 2, 2)
    assert data.preparation == how
    assert data.train[0].max() == 0.5


@pytest.mark.parametrize(("kind", "before"), [("cifar10", 1), ("cifar100", 2)])
def test_cifar(tmp_path, kind, before):
    names = [
        "train.bin",
        *(f"data_batch_{number}.bin" for number in range(1, 6)),
        "test.bin",
        "test_batch.bin",
    ]
    for name in names:
        (tmp_path / name).write_bytes(bytes(before + 3072) * 2)
    name, data = read(f"{kind}:{tmp_path}")
    assert name == kind
    assert data.input_shape == (3, 32, 32)
