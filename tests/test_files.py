import os

import pytest

from fastconv.files import checked_path, replaced


def test_a_path_may_be_text_or_a_path(tmp_path):
    assert checked_path("save", str(tmp_path / "a"), "a file") == tmp_path / "a"
    assert checked_path("save", tmp_path / "a", "a file") == tmp_path / "a"


def test_what_is_no_path(tmp_path):
    with pytest.raises(TypeError, match=r"^save: path: got int, needs a file's name$"):
        checked_path("save", 3, "a file")
    with pytest.raises(ValueError, match=r": is a directory, needs to be a model file$"):
        checked_path("save", tmp_path, "a model file")


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "a"
    with replaced(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), replaced(path):
        raise KeyError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_errors_name_the_file_itself(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught, replaced(tmp_path / "a") as file:
        file.write(b"new")
    assert caught.value.filename == str(tmp_path / "a")


def test_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, replaced(tmp_path / "no" / "a"):
        pass
    assert caught.value.filename == str(tmp_path / "no")
