import xml.etree.ElementTree as ET

import pytest

from fastconv.explanation.page import mathml
from tests.explanation.page.networks import NETWORKS, explained

SUB = "<msub><mi>{}</mi><mn>{}</mn></msub>".format
MO = '<mo stretchy="false">{}</mo>'.format


def inside(text):
    return mathml.formula(text).removeprefix("<math>").removesuffix("</math>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Z1", SUB("Z", 1)),
        ("x", "<mi>x</mi>"),
        ("A2'", f"<msup>{SUB('A', 2)}<mo>′</mo></msup>"),
        (
            "dL/dW12",
            f"<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow><mrow><mo>∂</mo>{SUB('W', 12)}</mrow></mfrac>",
        ),
        ("W2 F", f"{SUB('W', 2)}<mi>F</mi>"),
        ("W2^T", f"<msup>{SUB('W', 2)}<mo>⊤</mo></msup>"),
        ("A1 * F", f"{SUB('A', 1)}<mo>⊙</mo><mi>F</mi>"),
        ("1[Z1 > 0]", f"<mn>𝟏</mn>{MO('[')}{SUB('Z', 1)}<mo>&gt;</mo><mn>0</mn>{MO(']')}"),
        (
            "sqrt(var2 + eps)",
            f"<msqrt><msup>{SUB('σ', 2)}<mrow><mn>2</mn></mrow></msup><mo>+</mo><mi>ε</mi></msqrt>",
        ),
        ("e^2", "<msup><mi>e</mi><mn>2</mn></msup>"),
        ("2x3", "<mn>2</mn><mo>×</mo><mn>3</mn>"),
        ("-1.5e-07", '<mo form="prefix">−</mo><mn>1.5</mn><mo>·</mo><msup><mn>10</mn><mn>−7</mn></msup>'),
        ("a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
        ("xhat1", "<msub><mover><mi>x</mi><mo>^</mo></mover><mn>1</mn></msub>"),
        ("W1 := W1", f"{SUB('W', 1)}<mo>≔</mo>{SUB('W', 1)}"),
    ],
)
def test_a_formula_in_mathml(text, expected):
    found = inside(text)
    ET.fromstring(f"<math>{found}</math>")
    assert found == expected


def test_sums_stand_over_their_indices():
    assert "<munder><mo>∑</mo><mrow><mi>m</mi><mo>,</mo><mi>n</mi></mrow></munder>" in inside(
        "sum_{m,n} X[m,n]"
    )
    assert "<munder><mi>max</mi><mrow>" in inside("max_{m,n} A1[2i+m,2j+n]")


def test_numbers_are_multiplied_with_a_dot():
    assert mathml.sum_of_terms("1*0.5") == "<math><mn>1</mn><mo>·</mo><mn>0.5</mn></math>"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_formula_is_well_formed_and_shows_its_symbols(name):
    for step in explained(*NETWORKS[name]()):
        for text in (step.formula, step.line.entries, *step.line.terms):
            tree = ET.fromstring(mathml.formula(text))
            shown = "".join(tree.itertext())
            assert not set("*^_{}'") & set(shown), text
            assert sum(c.isdigit() for c in shown) >= sum(c.isdigit() for c in text) - 1, text
            for element in tree.iter():
                counts = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2}
                assert len(element) == counts.get(element.tag, len(element)), text
