"""Checks of a trainer's arguments; what `fit` says of them is in test_trainer and test_refused."""

import pytest

from fastconv.training.arguments import check_seed, progress_of
from fastconv.training.callbacks import EpochLines, ProgressBar


def test_a_seed_is_a_whole_number_or_none():
    check_seed(None)
    check_seed(3)
    with pytest.raises(TypeError, match=r"^fit: seed: got 1.5, needs a whole number"):
        check_seed(1.5)


@pytest.mark.parametrize(("terminal", "kind"), [(True, ProgressBar), (False, EpochLines)])
def test_progress_is_a_bar_where_a_terminal_watches(terminal, kind, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
    assert isinstance(progress_of(3, None), kind)
