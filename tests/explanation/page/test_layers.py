"""The pages of all layers: each formula is set, each number is there, and each sum that is shown is right."""

import html
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from fastconv import backend
from tests.explanation.test_every_layer import LAYERS, explained

WRONG = """
fastconv.networks.map((network) =>
  [...network.origins].flatMap(([symbol, terms]) =>
    [...network.data(symbol)].flatMap((value, index) => {
      const found = fastconv.valueOf(terms(index), network.read);
      const largest = Math.max(...[...network.data(symbol)].map(Math.abs));
      return Math.abs(found - value) <= 1e-9 * largest ? [] : [[symbol, index, found, value]];
    })))
"""


@pytest.fixture(scope="module")
def explanations():
    with backend("reference"):
        return [explained(*case) for cases in LAYERS.values() for case in cases]


@pytest.fixture(scope="module")
def page_of_all(explanations, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    with backend("reference"):
        explanations[0].to_html(path, *explanations[1:])
    return path


def test_every_formula_is_set_and_every_step_is_there(explanations, page_of_all):
    articles = page_of_all.read_text(encoding="utf-8").split("<article ")[1:]
    for explanation, article in zip(explanations, articles, strict=True):
        steps = [html.unescape(symbol) for symbol in re.findall(r'data-step="([^"]*)"', article)]
        assert set(steps) >= {step.symbol for step in explanation}
        assert len(steps) == len(set(steps))
        for symbol in steps:
            assert f'data-of="{html.escape(symbol)}"' in article
        for formula in re.findall(r"<math>.*?</math>", article):
            shown = "".join(ET.fromstring(formula.replace("<mo>^</mo>", "")).itertext())  # without hats
            assert not set("*^{}'") & set(shown), shown
            assert "dL" not in shown


def test_every_sum_is_right(chromium, page_of_all, explanations):
    chromium.open(page_of_all)
    found = chromium.run(WRONG)
    assert len(found) == len(explanations)
    assert not [(e.title, wrong[:3]) for e, wrong in zip(explanations, found, strict=True) if wrong]
    computed = chromium.run("fastconv.networks.map((network) => network.record.computed)")
    assert sum(computed) > 8
    for explanation, number in zip(explanations, range(len(explanations)), strict=True):
        for step in explanation if computed[number] else ():
            data = f"fastconv.networks[{number}].data({step.symbol!r})"
            values = np.array(chromium.run(f"[...{data}].map(String)"), float)
            size = np.abs(step.value).max()
            np.testing.assert_allclose(
                values, step.value.ravel(), 1e-9, 1e-9 * size, err_msg=explanation.title
            )
