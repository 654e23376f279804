"""The ways through the page: the steps, the keyboard, screens of all sizes, light and dark."""

import numpy as np
import pytest

from fastconv import nn
from tests.explanation.page.networks import cnn, expected, mlp


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


def test_what_is_pointed_at_shows_as_long_as_it_is_pointed_at(page):
    shown = page(cnn())
    cell = "document.querySelector('.array[data-of={}] td')".format
    at = "[...document.querySelectorAll('td.at')].map((cell) => cell.closest('.array').dataset.of)"
    shown.click(cell("Z1"))
    shown.point(cell("P1"))
    assert shown.run(at) == ["P1"]
    assert shown.run("[...document.querySelectorAll('td.won')].map((cell) => cell.place)") == [5]
    shown.point("document.querySelector('h1')")
    assert shown.run(at) == ["Z1"]


@pytest.mark.parametrize("width", [360, 1280, 1920])
def test_nothing_sticks_out(page, width):
    shown = page(cnn(), mlp(), width=width)
    assert shown.run("document.documentElement.scrollWidth") <= width
    wide = """[...document.querySelectorAll(".flow .array, .flow figcaption")].filter(
      (part) => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > innerWidth)
      .map((part) => part.dataset.of ?? part.textContent)"""
    assert shown.run(wide) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_of_the_folds(page, width):
    model = nn.Sequential(nn.Linear(40, 100), nn.ReLU(), nn.Linear(100, 2), seed=0)
    shown = page((model, nn.CrossEntropyLoss(), np.ones((2, 40), "f4"), np.array([0, 1])), width=width)
    shown.run("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert shown.run("document.documentElement.scrollWidth") <= width
    edges = shown.run(
        "[...document.querySelectorAll('.array, .plane')].map((a) => a.getBoundingClientRect().right)"
    )
    assert max(edges) <= width


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
