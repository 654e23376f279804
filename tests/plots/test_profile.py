from fastconv.plan.profile import Profile
from fastconv.plan.table import Row
from fastconv.plots import times

ROW = Row("0", "conv2d", "direct.forward", "2", 1000, 4000, "")


def test_a_bar_for_each_layer():
    rows = [(ROW, 1e-6), (ROW._replace(layer=""), 3e-6), (ROW._replace(operation="conv2d_input"), 2e-6)]
    (axes,) = times(Profile(rows)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "loss, update"]
    assert [round(bar.get_width(), 6) for bar in axes.patches] == [3.0, 3.0]
    assert axes.get_title() == "6 us"
