import numpy as np
import pytest

from fastconv import backend, models, nn
from fastconv.explanation import explain
from fastconv.explanation.text import WIDTH

pytestmark = pytest.mark.usefixtures("reference")


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


@pytest.mark.parametrize("change", ["batch", "channels"])
def test_sums_are_written_out_for_one_image_with_one_channel_only(change):
    model = models.derivation_cnn(3, channels=1 + (change == "channels"), kernel_size=2, seed=0)
    x = np.ones((2, 1, 3, 3) if change == "batch" else (1, 2, 3, 3), "f4")
    explanation = explain(model, nn.BCEWithLogitsLoss(), x, [[1]] * len(x))
    assert explanation["Z1"].line.terms == explanation["dL/dW1"].line.terms == ()


def test_a_shell_shows_the_text():
    explanation = explain(nn.Linear(2, 2, seed=0), nn.CrossEntropyLoss(), [1, 2], 0)
    assert repr(explanation) == str(explanation)
