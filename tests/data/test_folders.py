import logging
import os
import re

import numpy as np
import pytest

from fastconv import data
from fastconv.data.preparation import Preparation

Image = pytest.importorskip("PIL.Image")


def picture(shape=(4, 6), seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.fixture
def pets(tmp_path):
    """Five cats and five dogs, grey."""
    for name in ("dog", "cat"):
        for number in range(5):
            save(tmp_path / "pets" / name / f"{number}.png", picture(seed=number + 10 * (name == "dog")))
    return tmp_path / "pets"


def test_a_folder_for_each_class(pets):
    found = data.image_folder(pets)
    assert found.classes == ("cat", "dog")
    assert found.input_shape == (1, 4, 6)
    assert (len(found.train[1]), len(found.test[1])) == (8, 2)
    assert found.source == str(pets)
    assert (found.skipped, found.preparation) == ((), Preparation())
    everything = np.concatenate([found.train[0], found.test[0]])
    labels = np.concatenate([found.train[1], found.test[1]])
    assert everything.dtype == np.float32
    for seed in range(15):
        stored = picture(seed=seed).astype(np.float32) / np.float32(255)
        places = np.flatnonzero((everything[:, 0] == stored).all(axis=(1, 2)))
        assert labels[places].tolist() == ([] if 5 <= seed < 10 else [int(seed >= 10)])


def test_share_and_seed_of_the_division(pets):
    assert len(data.image_folder(pets, test_fraction=0.4).test[1]) == 4
    assert data.image_folder(pets, seed=1) == data.image_folder(pets, seed=1)
    assert data.image_folder(pets, seed=1) != data.image_folder(pets)


@pytest.mark.parametrize("name", ["test", "val"])
def test_folders_of_training_and_test(tmp_path, name):
    for part, seed in (("train", 1), (name, 2)):
        for kind in ("a", "b"):
            save(tmp_path / part / kind / "deeper" / "x.png", picture(seed=seed))
    save(tmp_path / "other" / "c" / "x.png", picture())
    found = data.image_folder(tmp_path)
    assert found.classes == ("a", "b")
    assert found.train[1].tolist() == found.test[1].tolist() == [0, 1]
    np.testing.assert_array_equal(found.test[0][0, 0], picture(seed=2).astype(np.float32) / np.float32(255))


def test_a_folder_of_training_alone_is_divided(tmp_path):
    for number in range(5):
        save(tmp_path / "train" / "a" / f"{number}.png", picture())
    found = data.image_folder(tmp_path)
    assert (len(found.train[1]), len(found.test[1])) == (4, 1)


def test_a_class_may_be_called_train(tmp_path):
    for kind in ("car", "train", "test"):
        save(tmp_path / kind / "1.png", picture())
        save(tmp_path / kind / "2.png", picture())
    assert data.image_folder(tmp_path).classes == ("car", "test", "train")


def test_a_class_that_only_the_test_has(tmp_path):
    save(tmp_path / "train" / "a" / "x.png", picture())
    save(tmp_path / "test" / "b" / "x.png", picture())
    with pytest.raises(ValueError, match=r"got b in .*test, needs the classes of the training"):
        data.image_folder(tmp_path)


def test_colour_where_any_file_has_it(pets):
    save(pets / "cat" / "colour.png", picture((4, 6, 3)))
    assert data.image_folder(pets).input_shape == (3, 4, 6)
    assert data.image_folder(pets, channels=1).input_shape == (1, 4, 6)
    assert data.image_folder(pets, channels=4).input_shape == (4, 4, 6)


def test_images_of_several_sizes(pets):
    odd = save(pets / "cat" / "large.png", picture((8, 12)))
    message = f"got images of height and width 4 x 6 ({pets / 'cat' / '0.png'}) and 8 x 12 ({odd}), needs one"
    with pytest.raises(
        ValueError, match=re.escape(f"image_folder: {pets}: {message} size: size=(4, 6) would")
    ):
        data.image_folder(pets)
    assert data.image_folder(pets, size=(3, 5)).input_shape == (1, 3, 5)
    assert data.image_folder(pets, size=2).input_shape == (1, 2, 2)


def test_stretched_or_cropped(tmp_path):
    line = np.array([[0, 0, 100, 200, 0, 0]], np.uint8).repeat(2, axis=0)
    for number in range(2):
        save(tmp_path / "a" / f"{number}.png", line)
    cropped = data.image_folder(tmp_path, size=2, crop=True)
    np.testing.assert_allclose(cropped.train[0][0, 0] * 255, [[100, 200]] * 2, rtol=1e-6)
    assert cropped.preparation == Preparation(crop=True)
    stretched = data.image_folder(tmp_path, size=2)
    np.testing.assert_allclose(stretched.train[0][0, 0] * 255, [[100 / 3, 200 / 3]] * 2, atol=0.51)


def test_a_photograph_is_turned_upright(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    for number in range(2):
        save(tmp_path / "a" / f"{number}.png", picture(), exif=turned)
    assert data.image_folder(tmp_path).input_shape == (1, 6, 4)


def test_a_range_of_values(tmp_path):
    for number in range(2):
        save(tmp_path / "a" / f"{number}.tiff", np.array([[0, 4095]], np.uint16))
    with pytest.raises(
        ValueError, match=r"2 files of which none can be read, the first because .*value_range="
    ):
        data.image_folder(tmp_path)
    found = data.image_folder(tmp_path, value_range=(0, 4095))
    np.testing.assert_array_equal(found.test[0], [[[[0, 1]]]])
    assert found.preparation == Preparation((0.0, 4095.0))


def test_broken_files_are_named_and_counted(pets, caplog, capsys):
    broken, text = pets / "cat" / "broken.png", pets / "dog" / "notes.txt"
    broken.write_bytes((pets / "cat" / "0.png").read_bytes()[:60])
    text.write_text("no image")
    for silent in (".hidden", "Thumbs.db"):
        (pets / "dog" / silent).write_text("x")
    with caplog.at_level(logging.WARNING, "fastconv.data"):
        found = data.image_folder(pets)
    assert len(found.train[1]) + len(found.test[1]) == 10
    assert [line.partition(": ")[0] for line in found.skipped] == [str(broken), str(text)]
    assert [record.getMessage() for record in caplog.records] == [f"skipped {line}" for line in found.skipped]
    assert all("\n" not in line for line in found.skipped)
    assert repr(found).endswith(f"{str(pets)!r}, 2 files skipped)")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(pets):
    os.mkfifo(pets / "cat" / "pipe.png")
    found = data.image_folder(pets)
    needs = "got what is neither file nor folder, needs an image file"
    assert found.skipped == (f"{pets / 'cat' / 'pipe.png'}: {needs}",)


def test_a_file_that_may_not_be_read(pets, monkeypatch):
    def denied(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("fastconv.data.pictures.read", denied)
    with pytest.raises(ValueError, match=r"10 files of which none can be read, .*0\.png: Permission denied"):
        data.image_folder(pets, channels=1)


def test_folders_without_images(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(f"image_folder: {tmp_path / 'a'}: no such folder")):
        data.image_folder(tmp_path / "a")
    with pytest.raises(ValueError, match=r"got no folders in .*, needs one for each class"):
        data.image_folder(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="got no files in the folders of the classes, needs images"):
        data.image_folder(tmp_path)
    save(tmp_path / "full" / "x.png", picture())
    (tmp_path / "empty" / "x.png").write_text("no image")
    with pytest.raises(
        ValueError, match=r"got no images of empty \(1 files were skipped\), needs some of each"
    ):
        data.image_folder(tmp_path)


def test_without_pillow(pets, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(ValueError, match=r"pip install 'fastconv\[images\]'"):
        data.image_folder(pets)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"folder": 3}, TypeError, "folder: got int, needs a str or an os.PathLike"),
        ({"size": 0}, ValueError, "size: got 0, needs an integer from 1"),
        ({"size": "32"}, TypeError, "size: got '32', needs an integer"),
        ({"channels": 2}, ValueError, "channels: got 2, needs 1, 3, 4 or None"),
        ({"crop": True}, ValueError, "crop: got True, needs a size to crop to"),
        ({"crop": 1}, TypeError, "crop: got 1, needs True or False"),
        ({"value_range": 3}, TypeError, "value_range: got 3, needs (low, high) or None"),
        ({"value_range": (1, 0)}, ValueError, "value_range: got (1, 0), needs low below high"),
        ({"value_range": (0, "a")}, TypeError, "value_range: got 'a', needs a number"),
    ],
)
def test_arguments_that_are_refused(pets, arguments, error, message):
    with pytest.raises(error, match="^image_folder: " + re.escape(message)):
        data.image_folder(**{"folder": pets, **arguments})
