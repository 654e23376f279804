"""What a person changes in the browser, and what it leads to."""

import json
import re

import numpy as np
import pytest

from fastconv import Trainer, backend, optim
from tests.explanation.page.networks import NETWORKS, cnn, expected, mlp, small
from tests.explanation.page.reading import assert_equal, numbers


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
    assert shown.run("document.querySelector('.eta-now').textContent") == "η = 0.05"
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
