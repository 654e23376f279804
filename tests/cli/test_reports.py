import csv
import errno
import json
from pathlib import Path

import numpy as np
import pytest

from fastconv.cli import reports

HISTORY = {
    "loss": [1.5, 0.25],
    "accuracy": [0.5, 1.0],
    "val_loss": [1.25, 0.5],
    "val_accuracy": [0.5, 0.75],
}
CLASSES = ("zero", "one", "two")


def test_a_new_or_an_empty_folder_is_taken(tmp_path):
    for _ in range(2):
        assert reports.run_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    (tmp_path / "a" / "b" / "file").touch()
    with pytest.raises(
        FileExistsError, match="b: got a folder with files in it, needs a new or an empty one"
    ):
        reports.run_folder(tmp_path / "a" / "b")


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "a.png").touch()
    for made in reports.run_folder, lambda path: reports.numbered_folder(path, "run"):
        with pytest.raises(FileExistsError, match=r"a\.png: got a file, needs a new or an empty folder$"):
            made(tmp_path / "a.png")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_names_the_file(tmp_path):
    files = {
        "history.json": lambda: reports.write_history(tmp_path, HISTORY),
        "confusion.csv": lambda: reports.write_confusion(tmp_path, np.eye(3, dtype=int), CLASSES),
    }
    for name, write in files.items():
        (tmp_path / name).symlink_to("/dev/full")
        with pytest.raises(OSError, match=f"No space left on device: .*{name}'$"):
            write()


def test_a_full_disk_names_the_picture(tmp_path, monkeypatch):
    figure = pytest.importorskip("matplotlib.figure")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(figure.Figure, "savefig", full)
    with pytest.raises(OSError, match=r": .*curves\.png'$"):
        reports.draw_curves(tmp_path, HISTORY)


def test_folders_are_numbered_past_those_that_exist(tmp_path):
    (tmp_path / "run-2").touch()
    names = [reports.numbered_folder(tmp_path, "run").name for _ in range(3)]
    assert names == ["run-1", "run-3", "run-4"]


def test_history(tmp_path):
    reports.write_history(tmp_path, HISTORY)
    assert json.loads((tmp_path / "history.json").read_text()) == HISTORY
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row.pop("epoch") for row in rows] == ["1", "2"]
    assert {name: [float(row[name]) for row in rows] for name in HISTORY} == HISTORY


def test_confusion_files(tmp_path):
    reports.write_confusion(tmp_path, np.array([[10, 1, 0], [0, 0, 0], [1, 0, 2]]), CLASSES)
    assert (tmp_path / "confusion.csv").read_text() == (
        "true \\ predicted,zero,one,two\nzero,10,1,0\none,0,0,0\ntwo,1,0,2\n"
    )
    assert (tmp_path / "confusion.txt").read_text() == (
        "rows: true class, columns: predicted class\n"
        "\n"
        "      zero   one   two\n"
        "zero    10     1     .\n"
        " one     .     .     .\n"
        " two     1     .     2\n"
    )


@pytest.fixture
def figures(monkeypatch):
    """The figures that the test draws, as objects beside the files."""
    figure = pytest.importorskip("matplotlib.figure")
    drawn = []
    savefig = figure.Figure.savefig

    def save(self, *arguments, **options):
        drawn.append(self)
        savefig(self, *arguments, **options)

    monkeypatch.setattr(figure.Figure, "savefig", save)
    return drawn


def test_curves_show_training_and_test(tmp_path, figures):
    reports.draw_curves(tmp_path, HISTORY)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    loss, accuracy = figures[0].axes
    for axes, names in ((loss, ("loss", "val_loss")), (accuracy, ("accuracy", "val_accuracy"))):
        for line, name in zip(axes.lines, names, strict=True):
            assert line.get_xdata().tolist() == [1, 2]
            assert list(line.get_ydata()) == HISTORY[name]
    labels = [text.get_text() for text in accuracy.get_legend().get_texts()]
    assert labels == ["training, 100.00% at the end", "test, 75.00% at the end"]


def answers(labels, predicted, sure):
    probabilities = np.full((len(labels), 3), 0.1)
    probabilities[np.arange(len(labels)), predicted] = sure
    return np.array(labels), probabilities


def test_names_are_no_formulas(tmp_path, figures):
    labels, probabilities = answers([0], [1], 0.9)
    classes = ("$x_$", "$\\no{$", "c")
    reports.draw_wrong(tmp_path, np.zeros((1, 1, 2, 2)), labels, probabilities, classes)
    assert figures[0].axes[0].get_title() == "true $x_$\npredicted $\\no{$ (90%)"


@pytest.mark.parametrize("channels", [1, 3])
def test_wrong_answers_surest_first(tmp_path, figures, channels):
    labels, probabilities = answers([0, 1, 2, 0], [0, 2, 0, 1], [0.9, 0.5, 0.8, 0.4])
    images = np.random.default_rng(0).random((4, channels, 5, 4), dtype=np.float32)
    reports.draw_wrong(tmp_path, images, labels, probabilities, CLASSES)
    assert (tmp_path / "wrong.png").is_file()
    (figure,) = figures
    assert figure.get_suptitle() == "3 wrong of 4"
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        "true two\npredicted zero (80%)",
        "true one\npredicted two (50%)",
        "true zero\npredicted one (40%)",
    ]
    shown = np.asarray(figure.axes[0].images[0].get_array())
    np.testing.assert_array_equal(shown, images[2, 0] if channels == 1 else images[2].transpose(1, 2, 0))


def test_wrong_answers_are_shown_up_to_a_number(tmp_path, figures):
    count = 40
    labels, probabilities = answers([0] * count, [1] * count, 0.5)
    reports.draw_wrong(tmp_path, np.zeros((count, 1, 2, 2)), labels, probabilities, CLASSES)
    assert figures[0].get_suptitle() == "40 wrong of 40, the 36 surest"
    assert sum(bool(axes.images) for axes in figures[0].axes) == 36


def test_no_wrong_answer_no_picture(tmp_path):
    labels, probabilities = answers([0, 1], [0, 1], 0.9)
    reports.draw_wrong(tmp_path, np.zeros((2, 1, 2, 2)), labels, probabilities, CLASSES)
    assert not list(tmp_path.iterdir())


def test_pictures_hold_no_time_and_no_version(tmp_path, figures):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        reports.draw_curves(tmp_path / name, HISTORY)
    first, second = ((tmp_path / name / "curves.png").read_bytes() for name in ("a", "b"))
    assert first == second
    assert b"matplotlib" not in first.lower()


def test_whether_pictures_can_be_drawn(monkeypatch):
    import sys

    pytest.importorskip("matplotlib")
    assert reports.can_draw()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert not reports.can_draw()
