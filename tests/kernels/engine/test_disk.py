"""The folder of compiled kernels depends on what compiles; its files are whole or not there."""

import errno

import pytest

from fastconv.kernels.engine import disk, once


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sys.version", "another"),
        ("sysconfig.get_config_var", lambda name: "cpython-399"),
        ("np.__version__", "2.99"),
        ("numba.__version__", "0.99"),
        ("version", lambda package: "0.99"),
        ("numba.config.OPT", 1),
        ("numba.config.SLP_VECTORIZE", 7),
    ],
)
def test_the_folder_depends_on_what_compiles_and_loads(monkeypatch, name, value):
    folder = disk.folder.__wrapped__
    before = folder()
    assert folder() == before
    monkeypatch.setattr(f"fastconv.kernels.engine.disk.{name}", value)
    assert folder() != before


@pytest.mark.parametrize("content", [b"", b"kernel"])
def test_a_file_holds_what_was_written(tmp_path, content):
    disk.write(tmp_path / "new" / "a", content)
    disk.write(tmp_path / "new" / "a", content)
    assert disk.read(tmp_path / "new" / "a") == content


@pytest.mark.parametrize("damaged", [b"", b"kernel", b"x" * 32, b"x" * 40])
def test_a_file_that_is_not_whole_is_none(tmp_path, damaged):
    (tmp_path / "a").write_bytes(damaged)
    assert disk.read(tmp_path / "a") is None


def test_a_file_that_is_missing_is_none(tmp_path):
    assert disk.read(tmp_path / "a") is None


def test_a_disk_that_fills_up_keeps_no_part_of_a_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(once, "_warned", set())
    monkeypatch.setattr(disk.Path, "replace", full)
    with pytest.warns(
        RuntimeWarning, match=r"^fastconv: compiled kernels cannot be kept in .*: No space left"
    ):
        disk.write(tmp_path / "a.kernel", b"kernel")
    disk.write(tmp_path / "b.kernel", b"kernel")  # for the same reason: said once
    assert list(tmp_path.iterdir()) == []
