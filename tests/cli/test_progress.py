import signal
import sys
from types import SimpleNamespace

import pytest

from fastconv.cli.interrupts import Interrupts
from fastconv.cli.progress import LINES, EpochTable, FiniteLoss, SavesEpochs


class Terminal:
    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def logs(value):
    return dict.fromkeys(EpochTable.figures, value)


def test_on_a_terminal_the_current_epoch_is_always_in_sight(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    table = EpochTable(2 * LINES)
    table.on_fit_begin(None)
    for epoch in range(3):
        table.on_epoch_end(None, epoch, logs(0.5))
    table.on_fit_end(None)
    header, first = terminal.text.split("\n")[:2]
    assert header.split()[0] == "epoch"
    assert [line.split()[0] for line in first.split("\r")] == ["1/40", "2/40"]
    assert terminal.text.endswith("\r\n")


def test_elsewhere_only_the_regular_epochs_and_the_last_are_shown(capsys):
    table = EpochTable(3 * LINES + 1)
    table.on_fit_begin(None)
    for epoch in range(3 * LINES + 1):
        table.on_epoch_end(None, epoch, logs(0.5))
    table.on_fit_end(None)
    _, *lines = capsys.readouterr().out.splitlines()
    assert [line.split("/")[0].strip() for line in lines] == [str(n) for n in [*range(3, 61, 3), 61]]
    assert lines[0].split() == ["3/61", "0.5000", "50.00", "%", "0.5000", "50.00", "%"]


@pytest.mark.usefixtures("usual_signals")
def test_signals_wait_until_the_epoch_is_saved(tmp_path):
    done = []
    trainer = SimpleNamespace(save=lambda path: done.append(path.name), leads=True)
    with Interrupts() as interrupts:
        saves = SavesEpochs(tmp_path / "a", interrupts, lambda: done.append("begun"))
        for epoch in range(2):
            saves.on_epoch_end(trainer, epoch, {})
            saves.on_save(trainer, epoch, {})
        saves.on_epoch_end(trainer, 2, {})
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            saves.on_save(trainer, 2, {})
    assert done == ["begun", "a", "a", "a"]


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_training(loss):
    trainer = SimpleNamespace(optimizer=SimpleNamespace(lr=0.5))
    hook = FiniteLoss()
    hook.on_epoch_begin(trainer, 2)
    hook.on_batch_end(trainer, 0, {"loss": 1e30})
    with pytest.raises(
        ValueError, match=f"^--lr: the loss became {loss} in epoch 3; needs a smaller one than 0.5$"
    ):
        hook.on_batch_end(trainer, 1, {"loss": loss})
