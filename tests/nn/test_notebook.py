import pytest

from fastconv import models, nn
from tests.pages import cells


def test_a_table_of_all_layers():
    body = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2))
    model = nn.Sequential(nn.Residual(body), nn.Concat(nn.Identity(), nn.ReLU()), nn.Flatten())
    model.freeze("0.body.0")
    conv = "Conv2d(in_channels=2, out_channels=2, kernel_size=3, padding=1, bias=False)"
    assert cells(model._repr_html_()) == [
        ["name", "layer", "parameters", "count"],
        ["", "Sequential", "", ""],
        ["0", "Residual", "", ""],
        ["0.body", "Sequential", "", ""],
        ["0.body.0", conv, "weight (2, 2, 3, 3) frozen", "36"],
        ["0.body.1", "BatchNorm2d(num_features=2)", "weight (2,), bias (2,)", "4"],
        ["1", "Concat", "", ""],
        ["1.branches.0", "Identity", "", ""],
        ["1.branches.1", "ReLU", "", ""],
        ["2", "Flatten", "", ""],
        ["total", "", "", "40"],
    ]


def test_one_layer_has_no_total():
    row = ["", "Linear(in_features=2, out_features=3)", "weight (3, 2), bias (3,)", "9"]
    assert cells(nn.Linear(2, 3)._repr_html_())[1:] == [row]


def test_a_layer_that_occurs_twice_is_counted_once():
    layer = nn.Linear(2, 2)
    rows = cells(nn.Sequential(layer, nn.Tanh(), layer)._repr_html_())
    assert rows[4] == ["2", "Linear(in_features=2, out_features=2)", "those of 0", ""]
    assert rows[-1][-1] == "6"


def test_settings_are_escaped():
    class Own(nn.Layer):
        def config(self):
            return {"text": "</td><script>"}

    html = nn.Sequential({"a<b": Own()})._repr_html_()
    assert cells(html)[2][:2] == ["a<b", "Own(text='</td><script>')"]
    assert "<script>" not in html


@pytest.mark.parametrize("model", [models.resnet20, models.unet_small])
def test_a_large_model_is_a_table_too(model):
    model = model(seed=0)
    rows = cells(model._repr_html_())
    count = sum(array.size for array in model.parameters().values())
    assert rows[-1] == ["total", "", "", f"{count:,}"]
