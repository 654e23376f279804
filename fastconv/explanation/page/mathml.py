"""From the plain characters of a formula to MathML, which browsers set without any script.

The tokens are those of the formulas in LaTeX; what lies between them are numbers, signs and brackets.
"""

import re
from collections.abc import Iterator
from html import escape

from fastconv.explanation.latex import TOKEN

_BETWEEN = re.compile(r"\^(?P<power>\d+)|(?P<number>\d+(?:\.\d+)?)|(?P<sign>\S)")
_LETTERS = {
    "eta": "η",
    "Phi": "Φ",
    "phi": "φ",
    "pi": "π",
    "eps": "ε",
    "mu": "μ",
    "gamma": "γ",
    "beta": "β",
    "var": "σ",
}
_SIGNS = {"*": "⊙", "<=": "≤", ">=": "≥", ":=": "≔", "-": "−"}
_FUNCTIONS = {"log", "exp", "tanh", "max", "min"}
_MINUS = "<mo>−</mo>"
_SPACE = '<mspace width=".2em"/>'


def formula(text: str, block: bool = False) -> str:
    """A formula such as `dL/dW2 = dL/dZ2 F^T` as a `math` element; `block`: on a line of its own."""
    display = ' display="block"' if block else ""
    return f"<math{display}>{_row(text)}</math>"


def sum_of_terms(text: str) -> str:
    """A sum of products of numbers: as `formula`, but `*` is the product of two numbers."""
    return formula(text).replace("⊙", "·")


def _row(text: str) -> str:
    """The elements of a formula, each power set on what stands before it."""
    elements: list[str] = []
    for element, power in _elements(text):
        operand = elements and (elements[-1][:3] != "<mo" or elements[-1][-6] in ")]")
        if power and elements:
            elements[-1] = f"<msup>{elements[-1]}{element}</msup>"
        elif element == _MINUS and not operand:
            elements.append(_MINUS.replace("<mo>", '<mo form="prefix">'))
        elif element.startswith("<mi>log") and operand:
            elements.append(_SPACE + element)
        elif not power:
            elements.append(element)
    return "".join(elements)


def _elements(text: str) -> Iterator[tuple[str, bool]]:
    """Each element, and whether it is a power."""
    start = 0
    for token in TOKEN.finditer(text):
        yield from _between(text[start : token.start()])
        start = token.end()
        yield from _token(token, text[start : start + 1])
    yield from _between(text[start:])


def _between(text: str) -> Iterator[tuple[str, bool]]:
    for found in _BETWEEN.finditer(text):
        if found["power"]:
            yield f"<mn>{found['power']}</mn>", True
        elif found["number"]:
            yield f"<mn>{found['number']}</mn>", False
        else:
            yield _sign(found["sign"]), False


def _sign(sign: str) -> str:
    fixed = ' stretchy="false"' if sign in "()[]|" else ""
    return f"<mo{fixed}>{escape(_SIGNS.get(sign, sign))}</mo>"


def _token(token: re.Match[str], following: str) -> Iterator[tuple[str, bool]]:
    if token["exponent"]:
        exponent = f"<mn>{int(token['exponent'])}</mn>".replace("-", "−")
        yield f"<mn>{token['mantissa']}</mn><mo>·</mo><msup><mn>10</mn>{exponent}</msup>", False
    elif token["of"]:
        below = f"<mrow><mo>∂</mo>{_row(token['of'])}</mrow>"
        yield f"<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow>{below}</mfrac>", False
    elif token["big"]:
        name = "<mo>∑</mo>" if token["big"] == "sum" else "<mi>max</mi>"
        yield f"<munder>{name}<mrow>{_row(token['under'])}</mrow></munder>{_SPACE}", False
    elif token["transpose"]:
        yield "<mo>⊤</mo>", True
    elif token["root"]:
        yield f"<msqrt>{_row(token['root'])}</msqrt>", False
    elif token["power"]:
        yield f"<mrow>{_row(token['power'])}</mrow>", True
    elif token["indicator"]:
        yield "<mn>\U0001d7cf</mn>", False
    elif token["function"]:
        yield f"<mi>{_LETTERS.get(token['function'], escape(token['function']))}</mi>", False
    elif token["mark"]:
        yield _sign(token["mark"]), False
    elif token["size"]:
        first, _, second = token["size"].partition("x")
        yield f"<mn>{first}</mn><mo>×</mo><mn>{second}</mn>", False
    else:
        yield _name(token["name"], token["number"], token["primes"], following), False


def _name(name: str, number: str, primes: str, following: str) -> str:
    """A symbol with its number and its primes, the name of a function, or a word."""
    if name in _FUNCTIONS:
        return f"<mi>{name}</mi>{_SPACE if following != '(' else ''}"
    if name == "xhat":
        base = "<mover><mi>x</mi><mo>^</mo></mover>"
    elif len(name) > 1 and name not in _LETTERS:
        return f"<mtext>\u00a0{escape(name + number)}{'′' * len(primes)}\u00a0</mtext>"
    else:
        base = f"<mi>{_LETTERS.get(name, name)}</mi>"
    if number:
        base = f"<msub>{base}<mn>{number}</mn></msub>"
    above = "′" * len(primes)
    if name == "var":  # a variance, which is a square itself
        return f"<msup>{base}<mrow>{f'<mo>{above}</mo>' if primes else ''}<mn>2</mn></mrow></msup>"
    return f"<msup>{base}<mo>{above}</mo></msup>" if primes else base
