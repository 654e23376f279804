import io

import pytest

from fastconv.training.callbacks import EpochLines, ProgressBar
from tests.training.callbacks.training import X, Y, trainer


@pytest.mark.parametrize(
    ("callback", "name", "value"),
    [
        (EpochLines(3), "epochs", -1),
        (EpochLines(3), "epochs", "3"),
        (ProgressBar(3, None), "epochs", 1.0),
        (ProgressBar(3, None), "batches", -1),
    ],
)
def test_what_shows_the_progress_checks_its_settings(callback, name, value):
    with pytest.raises((TypeError, ValueError), match=f"{type(callback).__name__}: {name}: got {value!r}"):
        setattr(callback, name, value)


def test_epoch_lines(capsys):
    callback = EpochLines(12)
    callback.on_epoch_begin(None, 2)
    callback.on_epoch_end(None, 2, {"loss": 0.123456, "accuracy": 1.0})
    out, err = capsys.readouterr()
    assert out.startswith("epoch 3/12: loss 0.1235, accuracy 1 (")
    assert out.endswith(" s)\n")
    assert err == ""


def test_progress_bar(capsys):
    callback = ProgressBar(2, batches=3)
    callback.on_epoch_begin(None, 1)
    for batch in range(3):
        callback.on_batch_end(None, batch, {"loss": 1.0})
    callback.on_epoch_end(None, 1, {"loss": 0.5})
    callback.on_fit_end(None)
    out, err = capsys.readouterr()
    assert out == ""
    assert "epoch 2/2: 100%" in err
    assert "3/3" in err
    assert "loss 0.5" in err


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("progress", [None, True])
def test_a_bar_on_a_terminal_and_lines_elsewhere(progress, monkeypatch, capsys):
    trainer().fit(X, Y, epochs=2, progress=progress)
    assert capsys.readouterr().out.count("epoch ") == 2

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    trainer().fit(X, Y, epochs=2, progress=progress)
    assert "epoch 2/2" in terminal.getvalue()
    trainer().fit([(X, Y), (X, Y)], epochs=1, progress=progress)
    assert "2batch" in terminal.getvalue()  # the length of an iterable is not known
    assert capsys.readouterr().out == ""


def test_no_progress_is_silent(capsys):
    trainer().fit(X, Y, progress=False)
    assert capsys.readouterr() == ("", "")
