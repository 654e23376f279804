import pytest

from fastconv.plots import curves
from fastconv.training.history import History

FIGURES = {"loss": [2.0, 1.0, 0.5], "accuracy": [0.25, 0.5, 0.75], "val_loss": [1.5, 1.0, 1.0]}


def drawn(axes):
    return [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in axes.lines]


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_a_panel_a_figure_with_training_and_validation():
    loss, accuracy = curves(FIGURES).axes
    assert (loss.get_title(), accuracy.get_title()) == ("loss", "accuracy")
    assert drawn(loss) == [([1, 2, 3], FIGURES["loss"]), ([1, 2, 3], FIGURES["val_loss"])]
    assert drawn(accuracy) == [([1, 2, 3], FIGURES["accuracy"])]
    assert labels(loss) == ["training, 0.5 at the end", "validation, 1 at the end"]
    assert labels(accuracy) == ["training, 75.00% at the end"]


def test_epochs_are_whole_numbers():
    figure = curves(FIGURES)
    figure.canvas.draw()
    for axes in figure.axes:
        assert all(tick == round(tick) for tick in axes.get_xticks())
        assert axes.get_xlabel() == "epoch"
    assert figure.axes[1].yaxis.get_major_formatter()(0.5) == "50%"


def test_a_history_plots_what_is_named():
    history = History()
    for epoch in range(3):
        history.add(epoch + 4, {name: values[epoch] for name, values in FIGURES.items()})
    assert len(history.plot().axes) == 2
    (loss,) = history.plot("val_loss").axes
    assert [epochs for epochs, _ in drawn(loss)] == [[5, 6, 7], [5, 6, 7]]
    with pytest.raises(ValueError, match=r"curves: names: got 'f1', needs one of loss, accuracy$"):
        history.plot("f1")


def test_an_empty_history_has_no_picture():
    with pytest.raises(ValueError, match="curves: history: got no figures, needs those of an epoch"):
        History().plot()


def test_figures_that_began_later_end_with_the_last_epoch():
    (loss,) = curves({"loss": [3.0, 2.0, 1.0], "val_loss": [4.0]}, held_out="test").axes
    assert drawn(loss)[1] == ([3], [4.0])
    assert loss.lines[1].get_marker() == "o"
    assert labels(loss)[1] == "test, 4 at the end"


def test_validation_alone_keeps_its_colour():
    (loss,) = curves({"val_loss": [2.0, 1.0]}).axes
    assert labels(loss) == ["validation, 1 at the end"]
    assert loss.lines[0].get_color() == curves(FIGURES).axes[0].lines[1].get_color()


def test_many_figures_stand_in_rows_and_names_are_no_formulas():
    figure = curves({name: [1.0, 2.0] for name in ("loss", "$a_$", "lr", "accuracy")})
    assert [axes.get_title() for axes in figure.axes] == ["loss", "$a_$", "lr", "accuracy"]
    accuracy = figure.axes[3]
    assert labels(accuracy) == ["training, 2 at the end"]  # no share, whatever its name


def test_values_that_are_not_finite():
    (loss,) = curves({"loss": [1.0, float("inf"), float("nan")]}).axes
    assert labels(loss) == ["training, nan at the end"]
