import pytest

from fastconv import chosen, nn
from tests.pages import cells

MODEL = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Sequential(nn.Flatten(), nn.Linear(256, 10)),
)

TABLE = """\
layer        output shape  parameters  multiply-adds  algorithms
0 Conv2d     (16, 8, 8)           160          9,216  {conv}
1 ReLU       (16, 8, 8)             0              0
2 MaxPool2d  (16, 4, 4)             0              0  unrolled, route
3.0 Flatten  (256,)                 0              0
3.1 Linear   (10,)              2,570          2,560  {dense}
total                           2,730         11,776"""


@pytest.mark.usefixtures("compiled")
def test_a_summary_is_a_table_of_the_layers():
    summary = MODEL.summary((1, 8, 8))
    conv = chosen("conv2d", (32, 1, 8, 8), (16, 1, 3, 3), padding=1).names
    dense = chosen("linear", (32, 256), (10, 256)).names
    assert summary == TABLE.format(conv=conv, dense=dense)
    assert repr(summary) == summary
    assert summary.parameters == sum(array.size for array in MODEL.parameters().values())
    assert summary.multiply_adds == MODEL.multiply_adds((1, 8, 8)) == 11_776
    assert summary.rows[4].output_shape == (10,)


def test_the_reference_has_no_algorithms():
    assert {row.algorithms for row in MODEL.summary((1, 8, 8)).rows} == {""}


@pytest.mark.usefixtures("compiled")
def test_an_image_that_no_batch_can_hold_has_a_summary():
    (row,) = nn.Conv2d(1, 1, 1).summary((1, 200_000, 200_000)).rows
    assert (row.output_shape, row.algorithms) == ((1, 200_000, 200_000), "")


def test_a_layer_of_ones_own_may_use_the_names():
    class Own(nn.Layer):
        def __init__(self):
            super().__init__()
            self.chosen = True

        def rows(self, input_shape, name=""):
            return super().rows(input_shape, f"{name} mine")

    assert nn.Sequential(Own()).summary((3,)).splitlines()[1].split()[:3] == ["0", "mine", "Own"]


def test_a_single_layer_has_a_summary():
    assert nn.Linear(3, 2).summary((3,)).splitlines()[1].split()[:4] == ["Linear", "(2,)", "8", "6"]


def test_the_parameters_of_a_layer_that_is_there_twice_count_once():
    layer = nn.Linear(3, 3)
    summary = nn.Sequential(layer, nn.ReLU(), layer).summary((3,))
    assert [row.parameters for row in summary.rows] == [12, 0, 12]
    assert summary.splitlines()[-1].split() == ["total", "12", "18"]
    assert (summary.parameters, summary.multiply_adds) == (12, 18)


def test_a_shape_that_does_not_fit_names_the_layer():
    with pytest.raises(
        ValueError, match=r"^in 3\.1 \(Linear\): got 400 features, needs 256; Linear\(400, 10\) would fit$"
    ):
        MODEL.summary((1, 10, 10))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 8.0, 8), "got 8.0, needs an integer"),
        ((1, 8, "a"), "got 'a', needs an integer"),
        (None, "got None, needs a tuple of integers"),
        (5, "got 5, needs a tuple of integers"),
    ],
)
def test_what_is_no_shape_is_a_type_error(shape, message):
    with pytest.raises(TypeError, match=f"^summary: input_shape: {message}$"):
        nn.Sequential(nn.Flatten(), nn.Linear(64, 1)).summary(shape)


def test_a_notebook_shows_a_table():
    html = MODEL.summary((1, 8, 8))._repr_html_()
    rows = cells(html)
    assert rows[0] == ["layer", "output shape", "parameters", "multiply-adds", "algorithms"]
    assert rows[1] == ["0 Conv2d", "(16, 8, 8)", "160", "9,216", ""]
    assert rows[-1] == ["total", "", "2,730", "11,776", ""]
    assert len(rows) == 7
