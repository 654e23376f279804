import pytest

from fastconv import chosen, nn

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


def test_a_summary_is_a_table_of_the_layers():
    summary = MODEL.summary((1, 8, 8))
    conv = chosen("conv2d", (32, 1, 8, 8), (16, 1, 3, 3), padding=1).names
    dense = chosen("linear", (32, 256), (10, 256)).names
    assert summary == TABLE.format(conv=conv, dense=dense)
    assert repr(summary) == summary
    assert summary.parameters == sum(array.size for array in MODEL.parameters().values())
    assert summary.multiply_adds == MODEL.multiply_adds((1, 8, 8)) == 11_776
    assert summary.rows[4].output_shape == (10,)


def test_the_algorithms_are_those_of_the_batch():
    layer = nn.Conv2d(512, 512, 3, padding=1)
    one, many = (layer.summary((512, 28, 28), batch_size=size).rows[0] for size in (1, 64))
    assert one.algorithms == chosen("conv2d", (1, 512, 28, 28), (512, 512, 3, 3), padding=1).names
    assert many.algorithms == chosen("conv2d", (64, 512, 28, 28), (512, 512, 3, 3), padding=1).names
    with pytest.raises(ValueError, match=r"^summary: batch_size: got 0, needs"):
        layer.summary((512, 28, 28), batch_size=0)


def test_a_single_layer_has_a_summary():
    assert nn.Linear(3, 2).summary((3,)).splitlines()[1].split()[:4] == ["Linear", "(2,)", "8", "6"]


def test_a_shape_that_does_not_fit_names_the_layer():
    with pytest.raises(
        ValueError, match=r"^3\.1 \(Linear\): got 400 features, needs 256; Linear\(400, 10\) would fit$"
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
