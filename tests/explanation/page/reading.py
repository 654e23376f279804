"""What the tests read from a page in a browser, and what it comes to."""

import math
import re

import numpy as np


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
