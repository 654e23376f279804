"""`fastconv explain`: the derivation of two small networks, with numbers."""

import argparse
import webbrowser
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fastconv import models, nn
from fastconv.backends import backend
from fastconv.explanation import Explanation, explain

SEVEN = [
    [0, 4, 6, 7, 5, 0],
    [1, 8, 9, 9, 8, 2],
    [0, 0, 1, 6, 9, 3],
    [0, 2, 5, 9, 7, 1],
    [0, 1, 8, 6, 0, 0],
    [0, 5, 9, 3, 0, 0],
]
"""Tenths of full brightness."""


def run(options: argparse.Namespace) -> int:
    """Print every step of the chain rule, for one network or for both, or write them as a page."""
    if options.open and not options.html:
        raise ValueError("--open: needs --html FILE")
    chosen = [options.network] if options.network else list(NETWORKS)
    with backend("reference"):  # too few numbers to compile kernels for
        explanations = [NETWORKS[name]() for name in chosen]
        if options.html is None:
            print("\n\n".join(map(str, explanations)))
            return 0
        explanations[0].to_html(options.html, *explanations[1:])
    print(f"wrote {options.html}")
    if options.open and not webbrowser.open(Path(options.html).resolve().as_uri()):
        raise ValueError(f"--open: found no browser; {options.html} is written")
    return 0


def _cnn() -> Explanation:
    """One image of a seven, of class 1."""
    image = np.array(SEVEN, np.float32)[np.newaxis, np.newaxis] / 10
    return explain(models.derivation_cnn(seed=0), nn.BCEWithLogitsLoss(), image, np.ones((1, 1), np.float32))


def _mlp() -> Explanation:
    """Two samples of four numbers, three hidden units, two classes."""
    x = np.array([[1, 0.5, -0.5, 0], [-1, 0, 0.5, 1]], np.float32)
    return explain(models.derivation_mlp(4, 3, 2, seed=0), nn.CrossEntropyLoss(), x, np.array([0, 1]))


NETWORKS: dict[str, Callable[[], Explanation]] = {"cnn": _cnn, "mlp": _mlp}
