import re
import zipfile

import numpy as np
import pytest

from fastconv import data

IMAGES = np.arange(20 * 3 * 2, dtype=np.uint8).reshape(20, 3, 2)
LABELS = np.tile(np.array([0, 1], np.uint8), 10)


@pytest.fixture
def write(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "file.npz", **arrays)
        return tmp_path / "file.npz"

    return save


def test_keras_names(write):
    path = write(x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:5], y_test=LABELS[:5], other=np.zeros(1))
    found = data.npz(path)
    np.testing.assert_array_equal(found.train[0][:, 0], IMAGES.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(found.train[1], LABELS)
    np.testing.assert_array_equal(found.test[0], found.train[0][:5])
    assert found.source == str(path)


def test_images_and_labels_are_divided(write):
    path = write(images=IMAGES, labels=LABELS, classes=np.array(["cat", "dog"]))
    found = data.npz(path)
    assert np.bincount(found.test[1]).tolist() == [2, 2]
    assert len(found.train[1]) == 16
    assert found.classes == ("cat", "dog")
    assert len(data.npz(path, test_fraction=0.4).test[1]) == 8
    assert not np.array_equal(data.npz(path, seed=1).test[0], found.test[0])


def test_names_of_classes_as_bytes(write):
    path = write(images=IMAGES, labels=LABELS, classes=np.array(["Käfer".encode(), b"Hund"]))
    assert data.npz(path).classes == ("Käfer", "Hund")


def test_layout(write):
    path = write(images=np.zeros((20, 3, 2, 3), np.uint8), labels=LABELS)
    assert data.npz(path, layout="NCHW").input_shape == (3, 2, 3)
    assert data.npz(path, layout="NHWC").input_shape == (3, 3, 2)
    with pytest.raises(ValueError, match=re.escape(f"npz: {path}: images: got shape (20, 3, 2, 3), both of")):
        data.npz(path)
    with pytest.raises(ValueError, match=r"^npz: layout: got 'CHW', needs None"):
        data.npz(path, layout="CHW")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"x": IMAGES, "y_test": LABELS},
            "got the arrays x, y_test, needs x_train, y_train, x_test, y_test or",
        ),
        ({}, "got the arrays none, needs x_train"),
        ({"images": IMAGES, "labels": LABELS[:3]}, "got 3 labels for 20 images, needs one an image"),
        (
            {"images": IMAGES, "labels": np.eye(20)},
            "labels: got float64 of shape (20, 20), needs one integer",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS[:3]},
            "test: got 3 labels for 20 images, needs one an image",
        ),
        ({"images": IMAGES, "labels": LABELS, "classes": np.array(["a"])}, "classes: got 1 names, needs 2"),
        (
            {"images": IMAGES, "labels": LABELS, "classes": np.array(["a", "b", "a"])},
            "classes: got 'a' 2 times, needs a name of its own for each",
        ),
        (
            {"images": np.array([{}] * 20, object), "labels": LABELS},
            "got a file that cannot be read (Object arrays",
        ),
    ],
)
def test_other_arrays(write, arrays, message):
    path = write(**arrays)
    with pytest.raises(ValueError, match="^" + re.escape(f"npz: {path}: {message}")):
        data.npz(path)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_file(write, share):
    path = write(images=IMAGES, labels=LABELS)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(
        ValueError, match="^" + re.escape(f"npz: {path}: got no .npz file, or one that was cut short")
    ):
        data.npz(path)


def test_damaged_values(write):
    path = write(images=IMAGES, labels=LABELS)
    content = path.read_bytes()
    place = content.index(IMAGES.tobytes())
    path.write_bytes(content[:place] + b"\xff" + content[place + 1 :])
    with pytest.raises(ValueError, match="^" + re.escape(f"npz: {path}: got a file that cannot be read (")):
        data.npz(path)


def test_what_is_no_array_is_not_there(write):
    path = write(labels=LABELS)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("images", b"text")
    with pytest.raises(
        ValueError, match="^" + re.escape(f"npz: {path}: got the arrays labels, needs x_train")
    ):
        data.npz(path)


def test_one_array_without_archive(tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, IMAGES)
    with pytest.raises(ValueError, match="^" + re.escape(f"npz: {path}: got no .npz file")):
        data.npz(path)


def test_missing_file(tmp_path):
    path = tmp_path / "nothing.npz"
    with pytest.raises(FileNotFoundError, match=re.escape(f"npz: {path}: no such file")):
        data.npz(path)


def test_a_directory(tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"npz: {tmp_path}: is a directory, needs to be a .npz")):
        data.npz(tmp_path)


@pytest.mark.parametrize("path", [3, None, b"file"])
def test_what_is_no_path(path):
    with pytest.raises(
        TypeError, match=f"^npz: path: got {type(path).__name__}, needs a str or an os.PathLike$"
    ):
        data.npz(path)
