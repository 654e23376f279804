import pytest

from fastconv.training.history import History, figures


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
