"""What lights up in the browser, and what the sums say."""

import re

import numpy as np
import pytest

from fastconv import nn
from tests.explanation.page.networks import NETWORKS, cnn, expected, small
from tests.explanation.page.reading import CLICKED, assert_equal, numbers, refs_of, value_of, written_value


@pytest.mark.parametrize("name", NETWORKS)
def test_every_cell_shows_what_it_is_computed_from(page, name):
    network = NETWORKS[name]()
    values = expected(*network)
    (cells,) = page(network).run(CLICKED)
    given = {"X", "x", "Y", "y", *(s for s in values if re.fullmatch(r"[Wb]\d", s))}
    assert {cell["symbol"] for cell in cells} == values.keys()
    for symbol, value in values.items():
        assert sorted(c["place"] for c in cells if c["symbol"] == symbol) == list(range(value.size))
    for cell in cells:
        symbol, place, expression = cell["symbol"], cell["place"], cell["expression"]
        exact = values[symbol].ravel()[place]
        assert cell["at"] == 1
        assert cell["heard"].startswith(cell["line"])
        lit = {(of, number) for of, number, _ in cell["lit"]}
        if symbol in given or symbol == "L new":
            assert expression is None
            assert not lit
            continue
        assert lit == refs_of(expression), symbol
        result, size = value_of(expression, values)
        assert result == pytest.approx(exact, rel=1e-9, abs=1e-9 * size + 1e-300), (symbol, place)
        if (written := written_value(cell["line"])) and "…" not in cell["line"]:
            assert written[0] == pytest.approx(exact, rel=1e-4, abs=1e-4 * size + 1e-12), cell["line"]
            assert written[1] == pytest.approx(exact, rel=1e-4, abs=1e-12), cell["line"]


def test_each_entry_of_the_filters_gradient_shows_its_four_products(page):
    (cells,) = page(small()).run(CLICKED)
    found = {c["place"]: c for c in cells if c["symbol"] == "dL/dW1"}
    assert [found[place]["line"] for place in range(4)] == [
        "∂L/∂W₁[0,0] = 1·0 + 2·(−0.25) + 0·0 + 1·0 = −0.5",
        "∂L/∂W₁[0,1] = 2·0 + 0·(−0.25) + 1·0 + 3·0 = 0",
        "∂L/∂W₁[1,0] = 0·0 + 1·(−0.25) + 2·0 + 1·0 = −0.25",
        "∂L/∂W₁[1,1] = 1·0 + 3·(−0.25) + 1·0 + 1·0 = −0.75",
    ]
    assert found[3]["names"] == [
        "∂L/∂W₁[1,1]",
        "X[1,1]·∂L/∂Z₁[0,0]",
        "X[1,2]·∂L/∂Z₁[0,1]",
        "X[2,1]·∂L/∂Z₁[1,0]",
        "X[2,2]·∂L/∂Z₁[1,1]",
    ]
    assert {(of, place) for of, place, _ in found[3]["lit"]} == {
        *(("X", place) for place in (4, 5, 7, 8)),
        *(("dL/dZ1", place) for place in range(4)),
    }


def test_windows_maxima_masks_and_uses_are_lit(page):
    (cells,) = page(small()).run(CLICKED)
    found = {(c["symbol"], c["place"]): c for c in cells}
    window = [["A1", place, "won" if place == 1 else "seen"] for place in range(4)]
    to_the_maximum, to_another = found["dL/dA1", 1], found["dL/dA1", 0]
    assert sorted(to_the_maximum["lit"]) == [
        *([of, place, "seen won" if place == 1 else "seen"] for of, place, _ in window),
        ["dL/dP1", 0, "lit"],
    ]
    assert "A₁[0,1] is the maximum of its window" in to_the_maximum["heard"]
    assert "A₁[0,0] is not the maximum of its window, A₁[0,1] is" in to_another["heard"]
    stopped = found["dL/dZ1", 3]
    assert ["Z1", 3, "stopped"] in stopped["lit"]
    assert "the ReLU stops the gradient" in stopped["heard"]
    # The middle pixel is used four times, by each filter entry once; a corner once.
    assert found["dL/dX", 4]["line"] == "∂L/∂X[1,1] = 0·2 + (−0.25)·0 + 0·(−1) + 0·1 = 0"
    assert found["dL/dX", 2]["line"] == "∂L/∂X[0,2] = (−0.25)·(−1) = 0.25"


def test_a_click_chooses_the_cell_under_it(page):
    shown = page(cnn())
    for symbol in expected(*cnn()):
        found = f"document.querySelector('.array[data-of=\"{symbol}\"] tr:last-child td:last-child')"
        shown.click(found)
        at = "[...document.querySelectorAll('td.at')].map((cell) => cell.closest('.array').dataset.of)"
        assert shown.run(at) == [symbol]
        assert shown.run(f"document.activeElement === {found}")
        assert shown.run("document.querySelector('.steps .current').dataset.step") == symbol


def test_large_arrays_are_pictures_with_their_numbers_on_demand(page):
    model = nn.Sequential(
        nn.Conv2d(1, 2, 5, padding=2), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(50, 8), seed=0
    )
    x = np.random.default_rng(0).random((2, 1, 20, 20), np.float32)
    network = model, nn.CrossEntropyLoss(), x, np.array([3, 7])
    shown = page(network)
    values = expected(*network)
    assert_equal(numbers(shown), values)
    assert shown.run("document.querySelectorAll('details').length") == 7
    # The second channel of the second example of Z1; its sum has the 25 taps and the bias.
    place = int(np.ravel_multi_index((1, 1, 10, 5), values["Z1"].shape))
    shown.run(f"fastconv.networks[0].training.reader.choose('Z1', {place}, true)")
    array = "document.querySelector('.array[data-of=Z1]')"
    assert shown.run(f"{array}.closest('details').open")
    assert shown.run(f"[...{array}.querySelectorAll('select')].map((select) => select.value)") == ["1", "1"]
    assert shown.run("document.querySelectorAll('.sum .term').length") == 27
    assert shown.run(f"{array}.querySelector('canvas').width") == 200
    shown.run(f"{array}.querySelector('canvas').focus()")
    shown.press("ArrowDown")
    said = shown.run("document.querySelector('.heard').textContent")
    assert said.startswith("Z₁[1,1,11,5] = ")
    result, exact = written_value(said.split(". ")[0])
    assert result == pytest.approx(values["Z1"][1, 1, 11, 5], rel=1e-3)
    assert exact == pytest.approx(values["Z1"][1, 1, 11, 5], rel=1e-4)
    # The cells of a sum are lit in the planes that are chosen later, too.
    shown.run("fastconv.networks[0].training.reader.choose('dL/db1', 1, true)")
    lit = "fastconv.networks[0].training.reader.views.views.get('dL/dZ1').view.marks.length"
    for example, channel, count in [("0", "0", 0), ("0", "1", 400), ("1", "1", 400)]:
        for axis, value in enumerate((example, channel)):
            select = f"document.querySelectorAll('.array[data-of=\"dL/dZ1\"] select')[{axis}]"
            shown.run(f"{select}.value = {value}, {select}.dispatchEvent(new Event('change'))")
        assert shown.run(lit) == count
    # 5 x 5 planes are tables, of each channel of each example.
    assert shown.run("document.querySelectorAll('.array[data-of=P1] table').length") == 4


def test_what_the_page_does_not_know_shows_its_numbers_alone(page):
    model = nn.Sequential(
        nn.Conv2d(1, 2, 1),
        nn.BatchNorm2d(2),
        nn.Residual(nn.Conv2d(2, 2, 1)),
        nn.Flatten(),
        nn.Linear(8, 2),
        seed=0,
    )
    network = (
        model,
        nn.CrossEntropyLoss(label_smoothing=0.1),
        np.arange(8, dtype=np.float32).reshape(2, 1, 2, 2),
        [0, 1],
    )
    shown = page((network[0], network[1], network[2], np.array([0, 1])))
    (cells,) = shown.run(CLICKED)
    found = {c["symbol"]: c for c in cells}
    values = numbers(shown)
    assert found["Z2"]["expression"] is None
    assert not found["Z2"]["lit"]
    assert found["R3"]["line"].count("+") == 1
    assert any(symbol.endswith("(way 2)") for symbol in found)
    for cell in cells:
        if expression := cell["expression"]:
            result, size = value_of(expression, values)
            exact = values[cell["symbol"]][cell["place"]]
            assert result == pytest.approx(exact, rel=1e-5, abs=1e-5 * size), (cell["symbol"], cell["place"])
    assert not shown.run("document.querySelectorAll('.training').length")
