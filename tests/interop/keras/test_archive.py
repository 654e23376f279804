import json
import zipfile

import numpy as np
import pytest

from fastconv.interop.keras import load
from fastconv.interop.keras.archive import SLACK, members
from tests.interop.keras.files import given, hdf5, sequential, written


def test_the_parts_of_a_file(tmp_path):
    config = sequential(given(2))
    got, weights = members(written(tmp_path / "a.keras", config, {"a": np.ones(2)}))
    assert got == config
    assert weights.startswith(b"\x89HDF")


def test_what_is_no_file_of_keras_3(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.keras")
    with pytest.raises(TypeError, match=r"^keras.load: path: got int, needs a file's name$"):
        load(3)
    (tmp_path / "old.h5").write_bytes(hdf5({}))
    needs = r"keras.models.load_model\('old.h5'\).save\('old.keras'\) with Keras 3 would fit$"
    with pytest.raises(ValueError, match=rf"old.h5: is an HDF5 file, .*; {needs}"):
        load(tmp_path / "old.h5")
    with pytest.raises(ValueError, match=r"is a directory, needs to be a .keras file"):
        load(tmp_path)
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(ValueError, match=r"is a SavedModel, needs to be a .keras file"):
        load(tmp_path)
    (tmp_path / "text.keras").write_text("no zip")
    with pytest.raises(ValueError, match=r"text.keras: is no complete .keras file: File is not a zip file"):
        load(tmp_path / "text.keras")
    old = written(tmp_path / "two.keras", sequential(given(2)), metadata='{"keras_version": "2.15.0"}')
    with pytest.raises(ValueError, match=r"is of Keras 2.15.0, needs Keras 3; keras.models.load_model"):
        load(old)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"config": "{"}, "Expecting property name"),
        ({"config": "[]"}, "config.json: got .., needs a dict"),
        ({"config": "[" * 200_000}, "config.json: maximum recursion depth|Expecting|depth"),
        ({"metadata": b"\xff"}, "can't decode|invalid start byte"),
        ({"weights": b"text"}, "its weights are no HDF5 file"),
    ],
)
def test_members_that_do_not_fit(tmp_path, changed, message):
    with pytest.raises(ValueError, match=message):
        load(written(tmp_path / "a.keras", sequential(given(2)), **changed))


def test_a_missing_member(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.0"}))
    with pytest.raises(ValueError, match=r"is no complete .keras file: there is no model.weights.h5 in it"):
        load(tmp_path / "a.keras")


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.0"}))
        with archive.open("model.weights.h5", "w") as member:
            for _ in range(3):
                member.write(bytes(SLACK))
    assert path.stat().st_size < SLACK / 100
    with pytest.raises(ValueError, match=rf"model.weights.h5: got {3 * SLACK} bytes, needs at most"):
        load(path)


def test_a_broken_checksum(tmp_path):
    path = written(tmp_path / "a.keras", sequential(given(2)))
    content = bytearray(path.read_bytes())
    content[content.index(b"batch_shape")] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="Bad CRC-32"):
        load(path)
