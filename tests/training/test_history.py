import pytest

from fastconv.training.history import History, figures
from tests.pages import cells


def test_a_history_shows_what_it_holds():
    history = History()
    history.add(0, {"loss": 1.0, "accuracy": 0.5})
    history.add(1, {"loss": 0.5, "accuracy": 0.75})
    assert history.history == {"loss": [1.0, 0.5], "accuracy": [0.5, 0.75]}
    assert repr(history) == "History(2 epochs: loss 0.5, accuracy 0.75)"
    assert repr(History()) == "History(0 epochs)"


def test_a_history_is_a_mapping_of_its_figures():
    history = History()
    history.add(0, {"loss": 1.0, "accuracy": 0.5})
    assert repr(history) == "History(1 epoch: loss 1, accuracy 0.5)"
    assert history["loss"] == [1.0]
    assert ("accuracy" in history, "val_loss" in history) == (True, False)
    assert dict(history) == history.history == {"loss": [1.0], "accuracy": [0.5]}
    assert (list(history), len(history)) == (["loss", "accuracy"], 2)
    with pytest.raises(KeyError, match="History: got 'val_loss', needs one of loss, accuracy"):
        history["val_loss"]


def test_figures_are_shown_with_four_digits():
    assert figures({"loss": 0.123456, "accuracy": 1.0}) == "loss 0.1235, accuracy 1"
    assert figures({}) == ""


def test_a_notebook_shows_a_row_an_epoch():
    history = History()
    assert cells(history._repr_html_()) == [["epoch"]]
    history.add(0, {"loss": 0.123456})
    history.add(1, {"loss": 1e-9, "val_<i>": 0.5})
    assert cells(history._repr_html_()) == [
        ["epoch", "loss", "val_<i>"],
        ["1", "0.1235", ""],
        ["2", "1e-09", "0.5"],
    ]


def test_a_notebook_shows_both_ends_of_a_long_training():
    history = History()
    for epoch in range(50):
        history.add(epoch, {"loss": epoch / 2})
    rows = cells(history._repr_html_())
    assert rows[10:13] == [["10", "4.5"], ["…", "…"], ["41", "20"]]
    assert (len(rows), rows[-1]) == (22, ["50", "24.5"])


def test_a_history_is_drawn_where_matplotlib_is():
    pytest.importorskip("matplotlib")
    history = History()
    history.add(3, {"loss": 1.0, "accuracy": 0.5, "val_loss": 2.0})
    loss, accuracy = history.plot().axes
    assert [line.get_xdata().tolist() for line in loss.lines] == [[4], [4]]
    assert accuracy.get_title() == "accuracy"
    assert [axes.get_title() for axes in history.plot("accuracy").axes] == ["accuracy"]
