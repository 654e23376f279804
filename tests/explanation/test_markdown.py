import re

import numpy as np
import pytest

from fastconv import backend, models, nn
from fastconv.explanation import explain, latex

NETWORKS = {
    "cnn": lambda: explain(
        models.derivation_cnn(3, kernel_size=2, seed=0),
        nn.BCEWithLogitsLoss(),
        np.eye(3, dtype="f4")[None],
        1,
    ),
    "mlp": lambda: explain(models.derivation_mlp(3, 2, 2, seed=0), nn.CrossEntropyLoss(), [1, 2, 3], 0),
    "digits": lambda: explain(
        models.digits(seed=0), nn.CrossEntropyLoss(label_smoothing=0.1), np.ones((2, 1, 8, 8), "f4"), [3, 1]
    ),
}


@pytest.fixture(params=NETWORKS, scope="module")
def explanation(request):
    with backend("reference"):
        return NETWORKS[request.param]()


def formulas_of(markdown):
    return re.findall(r"^\$\$(.*)\$\$$", markdown, re.MULTILINE)


def test_markdown_is_well_formed(explanation):
    markdown = explanation._repr_markdown_()
    found = formulas_of(markdown)
    assert markdown.count("$$") == 2 * len(found)
    assert len(found) >= len(explanation)
    for formula in found:
        depth = 0
        for character in formula.replace(r"\{", "").replace(r"\}", ""):
            depth += (character == "{") - (character == "}")
            assert depth >= 0, formula
        assert depth == 0, formula
        assert re.findall(r"\\begin\{(\w+)\}", formula) == re.findall(r"\\end\{(\w+)\}", formula)
        assert not re.search(r"dL/d|\*|(?<!\\)\^T|[A-Z]\d", formula), formula
    for paragraph in markdown.split("\n\n"):
        assert paragraph.strip()


def test_every_step_is_there_with_its_shape_and_its_check(explanation):
    markdown = explanation._repr_markdown_()
    for step in explanation:
        assert f"$${latex.formula(step.formula)}" in markdown
        assert f"shape `{step.shape}`" in markdown
        assert step.check is None or f"central differences: {step.check}" in markdown


def test_matrices_show_their_numbers():
    model = nn.Linear(2, 2, dtype="float64")
    model.weight[...] = [[1, 2], [3, 4]]
    model.bias[...] = 0
    found = formulas_of(explain(model, nn.CrossEntropyLoss(), [1, 0], 0)._repr_markdown_())
    assert r"W_{1} = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}" in found
    # An example is a column in the formula.
    assert r"S = W_{1} x + b_{1} = \begin{bmatrix} 1 & 3 \end{bmatrix}^{\top}" in found
    assert (
        r"\begin{aligned} S[0] &= 1\cdot1 + 2\cdot0 = 1 \\ S[1] &= 3\cdot1 + 4\cdot0 = 3 \end{aligned}"
        in found
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Z1", "Z_{1}"),
        ("A2'", "A_{2}'"),
        ("dL/dW12", r"\frac{\partial L}{\partial W_{12}}"),
        ("Z2 = W2 F + b2", "Z_{2} = W_{2} F + b_{2}"),
        ("W2^T dL/dZ2", r"W_{2}^{\top} \frac{\partial L}{\partial Z_{2}}"),
        ("dL/dA1 * 1[Z1 > 0]", r"\frac{\partial L}{\partial A_{1}} \odot \mathbf{1}[Z_{1} > 0]"),
        ("sum_{m,n} X[i+m,2j+n] W1[m,n]", r"\sum_{m,n} X[i+m,2j+n] W_{1}[m,n]"),
        ("max_{m,n} A1[2i+m,2j+n]", r"\max_{m,n} A_{1}[2i+m,2j+n]"),
        ("relu(Z1)", r"\operatorname{relu}(Z_{1})"),
        ("max(0, Z1)", r"\max(0, Z_{1})"),
        ("maxpool(A1, 2x2)", r"\operatorname{maxpool}(A_{1}, 2 \times 2)"),
        ("-log P[y]", r"-\log P[y]"),
        ("log(1 - A2)", r"\log(1 - A_{2})"),
        ("(Z1 - Y)^2", "(Z_{1} - Y)^2"),
        ("W1 := W1 - eta dL/dW1", r"W_{1} \mathrel{:=} W_{1} - \eta \frac{\partial L}{\partial W_{1}}"),
        ("L new", r"L \text{ new }"),
        ("sqrt(var2 + eps)", r"\sqrt{\sigma_{2}^2 + \epsilon}"),
        ("(var + eps)^(3/2)", r"(\sigma^2 + \epsilon)^{3/2}"),
        ("gamma3 * xhat3'", r"\gamma_{3} \odot \hat{x}_{3}'"),
        ("dL/dmu12", r"\frac{\partial L}{\partial \mu_{12}}"),
        ("Z1 * Phi(Z1)", r"Z_{1} \odot \Phi(Z_{1})"),
        ("1[Z1 <= 0]", r"\mathbf{1}[Z_{1} \le 0]"),
        ("dL/dX (way 2)", r"\frac{\partial L}{\partial X} (\text{ way } 2)"),
        ("-1.5e-07", r"-1.5 \cdot 10^{-7}"),
        ("2e+10", r"2 \cdot 10^{10}"),
        ("Double_backward(dL/dA1)", r"\operatorname{Double\_backward}(\frac{\partial L}{\partial A_{1}})"),
    ],
)
def test_latex(text, expected):
    assert latex.formula(text) == expected
