"""From the plain characters of a formula to LaTeX, by one small table: every formula is written once."""

import re

TOKEN = re.compile(
    r"(?P<mantissa>\d[\d.]*)e(?P<exponent>[+-]\d+)"
    r"|dL/d(?P<of>[A-Za-z]\w*'*)"
    r"|(?P<big>sum|max)_\{(?P<under>[^}]*)\}"
    r"|(?P<transpose>\^T)"
    r"|sqrt\((?P<root>[^()]*)\)"
    r"|\^\((?P<power>[^()]*)\)"
    r"|(?P<indicator>\b1(?=\[))"
    r"|(?P<function>[A-Za-z]\w+)(?=\()"
    r"|(?P<name>[A-Za-z_]+)(?P<number>\d*)(?P<primes>'*)"
    r"|(?P<mark>\*|:=|<=|>=|[%#&])"
    r"|(?P<size>\d+x\d+)"
)
_WORDS = {
    **{name: f"\\{name}" for name in ("log", "exp", "tanh", "max", "min", "eta", "Phi", "phi", "pi")},
    "eps": r"\epsilon",
    "mu": r"\mu",
    "gamma": r"\gamma",
    "beta": r"\beta",
    "xhat": r"\hat{x}",
}
_MARKS = {"*": r"\odot", "<=": r"\le", ">=": r"\ge", ":=": r"\mathrel{:=}"}


def formula(text: str) -> str:
    """A formula such as `dL/dW2 = dL/dZ2 F^T` in LaTeX, without the dollar signs."""
    return TOKEN.sub(_latex, text)


def sum_of_terms(text: str) -> str:
    """A sum of products of numbers in LaTeX: as `formula`, but `*` is the product of two numbers."""
    return formula(text).replace(r"\odot", r"\cdot")


def _latex(token: re.Match[str]) -> str:
    if token["exponent"]:
        return rf"{token['mantissa']} \cdot 10^{{{int(token['exponent'])}}}"
    if token["of"]:
        return rf"\frac{{\partial L}}{{\partial {formula(token['of'])}}}"
    if token["big"]:
        return rf"\{token['big']}_{{{token['under']}}}"
    if token["transpose"]:
        return r"^{\top}"
    if token["root"]:
        return rf"\sqrt{{{formula(token['root'])}}}"
    if token["power"]:
        return f"^{{{token['power']}}}"
    if token["indicator"]:
        return r"\mathbf{1}"
    if token["function"]:
        name = token["function"]
        return _WORDS.get(name) or rf"\operatorname{{{_escaped(name)}}}"
    if token["mark"]:
        return _MARKS.get(token["mark"], f"\\{token['mark']}")
    if token["size"]:
        return token["size"].replace("x", r" \times ")
    name, number, primes = token["name"], token["number"], token["primes"]
    if name == "var":  # a variance, which is a square itself
        return rf"\sigma{f'_{{{number}}}' if number else ''}{primes}^2"
    if len(name) > 1:
        name = _WORDS.get(name) or rf"\text{{ {_escaped(name)} }}"
    return name + (f"_{{{number}}}" if number else "") + primes


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")
