"""The page in a browser: what lights up, what the sums say, what changes with a number."""

import json
import math
import re

import numpy as np
import pytest

from fastconv import Trainer, backend, nn, optim
from tests.browser import browser, reason_to_skip
from tests.explanation.page.networks import NETWORKS, cnn, expected, mlp, small, write

pytestmark = pytest.mark.skipif(bool(reason_to_skip()), reason=reason_to_skip())


@pytest.fixture(scope="module")
def chromium():
    with browser() as opened:
        yield opened


@pytest.fixture
def page(chromium, tmp_path):
    """Open a page with these networks."""

    def show(*networks, width=1280, **options):
        chromium.size(width, 900)
        chromium.open(write(tmp_path / "page.html", *networks, **options))
        return chromium

    return show


def numbers(page, number=0):
    """All numbers of a network, by symbol, at full precision."""
    of = f"fastconv.networks[{number}].arrays"
    found = page.run(f"[...{of}].map(([symbol, array]) => [symbol, [...array.data].map(String)])")
    return {symbol: np.array(values, float) for symbol, values in found}


def assert_equal(found, wanted, rtol=1e-9):
    assert found.keys() == wanted.keys()
    for symbol, value in wanted.items():
        size = np.abs(value).max(initial=0)
        np.testing.assert_allclose(
            found[symbol], np.ravel(value), rtol=rtol, atol=rtol * size, err_msg=symbol
        )


CLICKED = """
[...document.querySelectorAll("article")].map((article, number) =>
  [...article.querySelectorAll("td")].map((cell) => {
    cell.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
    const symbol = cell.closest(".array").dataset.of;
    const lit = [...article.querySelectorAll("td.lit, td.seen, td.won, td.stopped")];
    const network = fastconv.networks[number];
    return {
      symbol,
      place: cell.place,
      shown: cell.textContent,
      lit: lit.map((other) => [other.closest(".array").dataset.of, other.place, other.className]),
      names: [...article.querySelectorAll(".sum .term > :first-child")].map((name) => name.textContent),
      line: fastconv.lineOf(network, symbol, cell.place),
      heard: article.querySelector(".heard").textContent,
      expression: network.terms(symbol, cell.place),
      at: article.querySelectorAll("td.at").length,
    };
  }))
"""

FORMS = {
    "plain": lambda v: v,
    "exp": math.exp,
    "expOfMinus": lambda v: math.exp(-v),
    "log": math.log,
    "logOfRest": lambda v: math.log(1 - v),
    "rest": lambda v: 1 - v,
    "restOfSquare": lambda v: 1 - v * v,
    "inverse": lambda v: 1 / v,
    "inverseOfRest": lambda v: 1 / (1 - v),
    "mask": lambda v: float(v > 0),
    "tanh": math.tanh,
    "square": lambda v: v * v,
}


def value_of(expression, values):
    """What an expression of the page comes to with other numbers, and the size of its terms."""

    def factor(given):
        if isinstance(given, int | float):
            return given
        at = values[given["symbol"]].ravel()[given["index"]]
        if given["less"]:
            at = at - values[given["less"]["symbol"]].ravel()[given["less"]["index"]]
        return FORMS[given["form"]](at)

    products = [math.prod(map(factor, term)) for term in expression["terms"]]
    over = expression.get("over", 1)
    divisor = over if isinstance(over, int | float) else value_of({"terms": over}, values)[0]
    whole = max(products) if expression.get("how") == "max" else math.fsum(products)
    scale = expression.get("scale", 1) / divisor
    return scale * whole, abs(scale) * math.fsum(map(abs, products))


def written_value(line):
    """The sum in a line such as `∂L/∂W₁[0,0] = 0.8·(−0.092) + 0.9·0.106 = 0.0217`, and what it says it is."""
    _, *sums, result = line.replace("−", "-").split(" = ")
    if not sums:
        return None
    (text,) = sums
    text = text.replace("·", "*").replace("²", "**2")
    text = re.sub(r"1\[(\S+) > 0\]", r"float(\1 > 0)", text)
    text = re.sub(r"log ([\d.e-]+)", r"log(\1)", text)
    return eval(text, {"exp": math.exp, "log": math.log, "tanh": math.tanh}), float(result)


def refs_of(expression):
    over = expression.get("over", 1)
    terms = [*expression["terms"], *(over if isinstance(over, list) else [])]
    refs = [factor for term in terms for factor in term if isinstance(factor, dict)]
    refs += [ref["less"] for ref in refs if ref["less"]]
    refs += [*expression.get("seen", ()), *expression.get("won", ())]
    return {(ref["symbol"], ref["index"]) for ref in refs}


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


@pytest.mark.parametrize("name", NETWORKS)
def test_all_numbers_are_those_of_the_reference(page, name):
    network = NETWORKS[name]()
    assert_equal(numbers(page(network)), expected(*network))


def typed(page, symbol, place, text, number=0):
    """Change a number as a person at the keyboard does."""
    page.run(f"fastconv.networks[{number}].training.reader.views.focus({json.dumps(symbol)}, {place}), 0")
    page.press("Enter")
    for character in text:
        page.press(character)
    page.press("Enter")


def test_a_change_computes_everything_anew(page):
    model, loss, x, y = cnn()
    shown = page((model, loss, x, y), mlp())
    before = numbers(shown, 1)
    typed(shown, "X", 14, "0.85")
    typed(shown, "W1", 4, "-1.5")
    typed(shown, "b2", 0, "0.25")
    typed(shown, "Y", 0, "0")
    model, x, y = model.astype(np.float64), x.astype(np.float64), np.zeros((1, 1))
    x[0, 0, 2, 2] = 0.85
    model[0].weight[0, 0, 1, 1] = -1.5
    model[4].bias[0] = 0.25
    assert_equal(numbers(shown), expected(model, loss, x, y))
    assert_equal(numbers(shown, 1), before)
    assert (
        shown.run("document.querySelector('.array[data-of=X] table').rows[2].cells[2].textContent") == "0.85"
    )
    # The cell has the focus again, and its sum is that of the new number.
    assert shown.run("document.activeElement.closest('.array').dataset.of") == "Y"
    assert shown.run("[...document.querySelectorAll('.steps .terms li')].map(li => li.textContent)")[
        0
    ].startswith("P₁[0,0] = max(")
    shown.run("document.querySelector('.reset').click()")
    assert_equal(numbers(shown), expected(*cnn()))


def test_classes_and_dense_layers_change_as_well(page):
    model, loss, x, _ = mlp()
    shown = page(mlp())
    typed(shown, "y", 0, "1")
    typed(shown, "x", 6, "2.5")
    typed(shown, "W2", 3, "-0.125")
    model, x = model.astype(np.float64), x.astype(np.float64)
    x[1, 2] = 2.5
    model[2].weight[1, 0] = -0.125
    assert_equal(numbers(shown), expected(model, loss, x, np.array([1, 1])))


@pytest.mark.parametrize(
    ("symbol", "text", "said"),
    [("y", "2", "needs a class from 0 to 1"), ("y", "0.5", "needs a class"), ("x", "1..2", "needs a number")],
)
def test_what_is_no_number_or_class_changes_nothing(page, symbol, text, said):
    shown = page(mlp())
    typed(shown, symbol, 1, text)
    assert said in shown.run("document.querySelector('.heard').textContent")
    assert shown.run("document.querySelector('.edit input').getAttribute('aria-invalid')") == "true"
    assert_equal(numbers(shown), expected(*mlp()))


@pytest.mark.parametrize("name", NETWORKS)
def test_twenty_steps_are_those_of_the_trainer(page, name):
    model, loss, x, y = NETWORKS[name]()
    shown = page((model, loss, x, y))
    shown.run("document.querySelector('.eta').value = '0.05'")
    shown.run("document.querySelector('.eta').dispatchEvent(new Event('change'))")
    shown.run("document.querySelector('.one').click()")
    after_one = numbers(shown)
    shown.run("for (let k = 0; k < 19; k++) document.querySelector('.one').click()")
    model, x = model.astype(np.float64), x.astype(np.float64)
    y = y if y.dtype.kind == "i" else y.astype(np.float64)
    with backend("reference"):
        trainer = Trainer(model, loss, optim.SGD(model.parameters(), lr=0.05))
        losses = [trainer.step(x, y)]
        assert_equal(after_one, expected(model, loss, x, y, lr=0.05))
        losses += [trainer.step(x, y) for _ in range(19)]
        losses.append(loss(model(x), y))
    found = numbers(shown)
    symbols = shown.run("fastconv.networks[0].parameters")
    for symbol, array in zip(symbols, model.parameters().values(), strict=True):
        np.testing.assert_allclose(found[symbol], array.ravel(), rtol=1e-6, err_msg=symbol)
    np.testing.assert_allclose(shown.run("fastconv.networks[0].training.losses"), losses, rtol=1e-9)
    points = shown.run("document.querySelector('.curve polyline').getAttribute('points')").split()
    assert len(points) == 21
    heights = [float(point.split(",")[1]) for point in points]
    assert heights == sorted(heights)  # the loss falls: on a screen, down is more


def check_gradients(page):
    """Press the button and wait for what it says."""
    page.run("document.querySelector('.compare').click()")
    agree = "document.querySelector('.said').textContent.includes('agree')"
    page.run(f"new Promise((done) => (function wait() {{ {agree} ? done() : setTimeout(wait, 20) }})())")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_gradient_agrees_with_central_differences(page, name):
    shown = page(NETWORKS[name]())
    check_gradients(shown)
    checks = shown.run("[...document.querySelectorAll('.check')].map(check => check.textContent)")
    assert len(checks) == len([s for s in expected(*NETWORKS[name]()) if s.startswith("dL/d")])
    for check in checks:
        error = re.fullmatch(r"ok (\S+)(, \d+ of \d+ entries checked(, \d+ at a kink)?)?", check)
        assert error, check
        assert float(error[1].replace("−", "-")) < 1e-6
    assert shown.run("document.querySelector('.said').textContent").startswith(
        f"All {len(checks)} gradients agree"
    )


def test_a_kink_is_no_error(page):
    model, loss, x, y = small()
    model[0].bias[...] = 0.5  # Z1[1,1] is 0: the ReLU has no derivative there
    model[0].weight[...] = [[1, -1], [0, 0]]
    shown = page((model, loss, x, y))
    check_gradients(shown)
    said = shown.run("document.querySelector('li[data-step=\"dL/dZ1\"] .check').textContent")
    assert "DIFFERS" not in said
    assert shown.run("document.querySelector('.said').textContent").startswith("All")


def test_the_steps_walk_through_the_chain_rule(page):
    shown = page(cnn())
    steps = shown.run("[...document.querySelectorAll('.steps li[data-step]')].map(li => li.dataset.step)")
    assert steps == list(expected(*cnn()))
    shown.run("document.querySelector('li[data-step=\"X\"]').click()")
    seen = []
    for _ in steps:
        current, place, formulas, sources = shown.run(
            """[document.querySelector(".steps .current").dataset.step,
            document.querySelector(".place").textContent,
            document.querySelectorAll(".reader .formula math").length,
            [...document.querySelectorAll(".array.source")].map((array) => array.dataset.of)]"""
        )
        assert place == f"{len(seen) + 1} of {len(steps)}"
        assert formulas >= 1
        seen.append(current)
        if current == "dL/dW1":
            assert sources == ["X", "dL/dZ1"]
        shown.run("document.querySelector('.next').click()")
    assert seen == steps


def test_the_keyboard_moves_in_a_grid(page):
    shown = page(cnn())
    shown.run("fastconv.networks[0].training.reader.views.focus('Z1', 0), 0")
    where = "[document.activeElement.closest('.array').dataset.of, document.activeElement.place]"
    for key, place in [
        ("ArrowRight", 1),
        ("ArrowDown", 5),
        ("End", 7),
        ("ArrowRight", 7),
        ("Home", 4),
        ("ArrowUp", 0),
    ]:
        shown.press(key)
        assert shown.run(where) == ["Z1", place]
    assert shown.run("document.querySelectorAll('.array[data-of=Z1] [tabindex=\"0\"]').length") == 1
    assert shown.run("document.querySelector('.heard').textContent").startswith("Z₁[0,0] = ")


@pytest.mark.parametrize("width", [360, 1280, 1920])
def test_nothing_sticks_out(page, width):
    shown = page(cnn(), mlp(), width=width)
    assert shown.run("document.documentElement.scrollWidth") <= width
    wide = """[...document.querySelectorAll(".flow .array, .flow figcaption")].filter(
      (part) => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > innerWidth)
      .map((part) => part.dataset.of ?? part.textContent)"""
    assert shown.run(wide) == []


def test_light_and_dark(page):
    shown = page(mlp())
    colour = "getComputedStyle(document.body).backgroundColor"
    shown.scheme("dark")
    dark = shown.run(colour)
    shown.scheme("light")
    light = shown.run(colour)
    assert dark != light
    shown.run("document.querySelector('.theme').click()")
    assert shown.run(colour) == dark
    assert shown.run("document.querySelector('.theme').textContent") == "Light"
    shown.run("document.querySelector('.theme').click()")
    assert shown.run(colour) == light


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
