import numpy as np
import pytest

from fastconv import backend, models, nn
from fastconv.explanation import explain
from fastconv.explanation.text import WIDTH


@pytest.fixture(scope="module")
def lenet():
    x = np.random.default_rng(0).random((1, 28, 28), np.float32)
    with backend("reference"):
        return explain(models.lenet5(seed=1), nn.CrossEntropyLoss(), x, 3)


def lines_after(text, start):
    """The indented lines under the line that begins with `start`."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(start))
    rest = lines[first + 1 :]
    return [line.strip() for line in rest[: rest.index("") if "" in rest else None]]


def test_large_arrays_are_summarised(lenet):
    step = lenet["W3"]
    assert step.shape == (120, 400)
    low, high, mean = (f"{v:.5g}" for v in (step.value.min(), step.value.max(), step.value.mean(dtype="f8")))
    text = str(lenet)
    assert lines_after(text, "W3: ") == [f"48000 numbers: min {low}, max {high}, mean {mean}"]
    assert "(120, 400)" in text


def test_all_of_lenet_is_explained(lenet):
    assert lenet.ok
    forward = [step.symbol for step in lenet if step.part == "forward"]
    assert " ".join(forward) == "X W1 b1 Z1 A1 P1 W2 b2 Z2 A2 P2 F W3 b3 Z3 A3 W4 b4 Z4 A4 W5 b5 S P y L"
    backward = [step.symbol.removeprefix("dL/d") for step in lenet if step.part == "backward"]
    assert " ".join(backward) == "S W5 b5 A4 Z4 W4 b4 A3 Z3 W3 b3 F P2 A2 Z2 b2 W2 P1 A1 Z1 b1 W1"


def test_text_is_ascii_and_fits_into_a_terminal(lenet):
    text = str(lenet)
    assert text.isascii()
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    assert max(map(len, text.splitlines())) <= WIDTH


def test_every_part_has_its_heading(lenet):
    lines = str(lenet).splitlines()
    underlined = [lines[i - 1] for i, line in enumerate(lines) if line and set(line) == {"="}]
    assert underlined == [
        "Forward: from the input to the loss",
        "Backward: the chain rule, from the loss to the parameters",
        "Update: one step downhill",
    ]


def test_channels_stand_side_by_side():
    model = models.derivation_cnn(filters=2, seed=0)
    text = str(explain(model, nn.BCEWithLogitsLoss(), np.eye(6, dtype="f4")[None], 1))
    labels, *rows = lines_after(text, "P1 = ")[1:]
    assert labels.split() == ["[0]", "[1]"]
    assert len(rows) == 2
    assert all(row.count("[") == 2 for row in rows)


def test_a_long_row_goes_on_in_the_next_line():
    model = models.derivation_mlp(2, 50, 2, seed=0)
    lines = lines_after(str(explain(model, nn.CrossEntropyLoss(), [1, 2], 0)), "b1: ")
    assert len(lines) > 1
    assert lines[0].startswith("[")
    assert lines[-1].endswith("]")
    assert len(" ".join(lines).strip("[ ]").split()) == 50


def test_a_routed_gradient_gives_sums_of_the_terms_that_are_not_zero():
    model = models.derivation_cnn(seed=4, dtype="float64")
    x = np.arange(36.0).reshape(1, 6, 6) % 7
    explanation = explain(model, nn.BCEWithLogitsLoss(), x, 1)
    terms = explanation["dL/dW1"].line.terms
    assert len(terms) == 9
    for (m, n), term in zip(np.ndindex(3, 3), terms, strict=True):
        left, total = term.split(" = ")[0], term.split(" = ")[-1]
        assert left == f"dL/dW1[{m},{n}]"
        products = term.split(" = ")[1].split(" + ") if term.count(" = ") == 2 else []
        assert len(products) <= 4
        factors = [product.replace("(", "").replace(")", "").split("*") for product in products]
        value = sum(float(a) * float(b) for a, b in factors)
        assert value == pytest.approx(explanation["dL/dW1"].value[0, 0, m, n], rel=1e-3, abs=1e-6)
        assert float(total) == pytest.approx(explanation["dL/dW1"].value[0, 0, m, n], rel=1e-4)


def test_padding_enters_the_sums_as_zeros():
    model = nn.Sequential(nn.Conv2d(1, 1, 2, stride=2, padding=1), nn.Flatten(), nn.Linear(4, 1), seed=0)
    model[0].weight[...] = [[1, 2], [3, 4]]
    model[0].bias[...] = 0
    x = np.array([[[5, 6], [7, 8]]], "f4")
    assert explain(model, nn.BCEWithLogitsLoss(), x, 1)["Z1"].line.terms == (
        "Z1[0,0] = 0*1 + 0*2 + 0*3 + 5*4 = 20",
        "Z1[0,1] = 0*1 + 0*2 + 6*3 + 0*4 = 18",
        "Z1[1,0] = 0*1 + 7*2 + 0*3 + 0*4 = 14",
        "Z1[1,1] = 8*1 + 0*2 + 0*3 + 0*4 = 8",
    )


def terms_of(layer, x, symbol, weight):
    """The sums of a step of a model that begins with this layer, whose weight is given."""
    features = int(np.prod(layer.output_shape(np.shape(x))))
    model = nn.Sequential(layer, nn.Flatten(), nn.Linear(features, 1, seed=0, dtype="float64"))
    layer.weight[...] = weight
    explanation = explain(model, nn.MSELoss(), np.array(x, float), 1)
    assert explanation.ok
    return explanation[symbol]


def test_a_transposed_convolution_collects_what_pixels_spread():
    layer = nn.ConvTranspose2d(1, 1, 2, (1, 2), (0, 1), bias=False, dtype="float64")
    step = terms_of(layer, [[[5, 6], [7, 8]]], "Z1", [[1, 2], [3, 4]])
    assert step.line.terms == (
        "Z1[0,0] = 5*2 = 10",
        "Z1[0,1] = 6*1 = 6",
        "Z1[1,0] = 5*4 + 7*2 = 34",
        "Z1[1,1] = 6*3 + 8*1 = 26",
        "Z1[2,0] = 7*4 = 28",
        "Z1[2,1] = 8*3 = 24",
    )
    assert step.line.entries == "Z1[i+m,2j+n-1] += X[i,j] W1[m,n]"


def test_the_filter_gradient_of_a_transposed_convolution_is_a_sum_over_pixels():
    layer = nn.ConvTranspose2d(1, 1, 2, bias=False, dtype="float64")
    step = terms_of(layer, [[[5, 6]]], "dL/dW1", np.ones((2, 2)))
    for (m, n), term in zip(np.ndindex(2, 2), step.line.terms, strict=True):
        assert term.startswith(f"dL/dW1[{m},{n}] = 5*")
        assert float(term.split(" = ")[-1]) == pytest.approx(step.value[0, 0, m, n], rel=1e-4)


def test_a_signal_has_one_index():
    layer = nn.Conv1d(1, 1, 2, 2, ((1, 0),), bias=False, dtype="float64")
    step = terms_of(layer, [[5, 6, 7]], "Z1", [1, 2])
    assert step.formula == "Z1 = Conv(X, W1, stride 2, padding before 1)"
    assert step.line.entries == "Z1[i] = sum_{m} X[2i+m-1] W1[m]"
    assert step.line.terms == ("Z1[0] = 0*1 + 5*2 = 10", "Z1[1] = 6*1 + 7*2 = 20")


def test_padding_that_depends_on_the_size_enters_the_sums():
    layer = nn.Conv2d(1, 1, (1, 3), 2, "same_upper", bias=False, dtype="float64")
    step = terms_of(layer, [[[5, 6, 7]]], "Z1", [[1, 2, 3]])
    assert step.line.entries == "Z1[i,j] = sum_{m,n} X[2i+m,2j+n-1] W1[m,n]"
    assert step.line.terms == ("Z1[0,0] = 0*1 + 5*2 + 6*3 = 28", "Z1[0,1] = 6*1 + 7*2 + 0*3 = 20")


@pytest.mark.parametrize(
    ("pool", "terms"),
    [
        (nn.MaxPool1d(2), ("P1[0] = max(5, 6) = 6", "P1[1] = max(7, -1) = 7")),
        (
            nn.AvgPool1d(2, padding=1),
            ("P1[0] = (5) / 2 = 2.5", "P1[1] = (6 + 7) / 2 = 6.5", "P1[2] = ((-1)) / 2 = -0.5"),
        ),
        (nn.AdaptiveAvgPool1d(1), ("P1 = (5 + 6 + 7 + (-1)) / 4 = 4.25",)),
    ],
    ids=repr,
)
def test_the_poolings_of_a_signal(pool, terms):
    first = nn.Conv1d(1, 1, 1, bias=False, dtype="float64")
    first.weight[...] = 1
    features = int(np.prod(pool.output_shape((1, 4))))
    model = nn.Sequential(first, pool, nn.Flatten(), nn.Linear(features, 1, seed=0, dtype="float64"))
    assert explain(model, nn.MSELoss(), [[[5, 6, 7, -1]]], 1)["P1"].line.terms == terms


def test_adaptive_maxima_are_written_out():
    first = nn.Conv2d(1, 1, 1, bias=False, dtype="float64")
    first.weight[...] = 1
    model = nn.Sequential(first, nn.AdaptiveMaxPool2d((1, 2)), nn.Flatten(), nn.Linear(2, 1, dtype="float64"))
    step = explain(model, nn.MSELoss(), np.array([[[1.0, 2, 3], [6, 5, 4]]]), 1)["P1"]
    assert step.line.terms == ("P1[0,0] = max(1, 2, 6, 5) = 6", "P1[0,1] = max(2, 3, 5, 4) = 5")


def test_short_means_and_variances_are_written_out():
    model = nn.Sequential(nn.BatchNorm1d(2, dtype="float64"), nn.Linear(2, 1, dtype="float64"))
    explanation = explain(model, nn.MSELoss(), [[1, 4], [3, -4]], [[0], [1]])
    assert explanation["mu1"].line.terms == ("mu1[0] = (1 + 3) / 2 = 2", "mu1[1] = (4 + (-4)) / 2 = 0")
    assert explanation["var1"].line.terms == ("var1[0] = (1 + 1) / 2 = 1", "var1[1] = (16 + 16) / 2 = 16")


def test_a_long_formula_has_its_check_in_the_next_line():
    layers = [nn.Linear(2, 2, seed=0) for _ in range(9)]
    model = nn.Sequential(*layers, nn.BatchNorm1d(2), nn.Linear(2, 1, seed=0))
    text = str(explain(model, nn.MSELoss(), np.array([[1, 4], [3, -4]], "f4"), [[0], [1]]))
    lines = text.splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("dL/dZ9 = dL/dxhat10 / sqrt(var10 + eps)"))
    assert lines[at + 1].split()[-2:] == ["(2,", "2)"]
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize("change", ["batch", "channels"])
def test_sums_are_written_out_for_one_image_with_one_channel_only(change):
    model = models.derivation_cnn(3, channels=1 + (change == "channels"), kernel_size=2, seed=0)
    x = np.ones((2, 1, 3, 3) if change == "batch" else (1, 2, 3, 3), "f4")
    explanation = explain(model, nn.BCEWithLogitsLoss(), x, [[1]] * len(x))
    assert explanation["Z1"].line.terms == explanation["dL/dW1"].line.terms == ()


def test_a_shell_shows_the_text():
    explanation = explain(nn.Linear(2, 2, seed=0), nn.CrossEntropyLoss(), [1, 2], 0)
    assert repr(explanation) == str(explanation)
