"""The numbers of a derivation at full precision, and what computes them: JSON for the scripts of the page."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv.explanation.page.nodes import is_computed, loss_node, node
from fastconv.explanation.steps import Step
from fastconv.explanation.walk import Walk
from fastconv.types import Array


def record(steps: Sequence[Step], walk: Walk, lr: float) -> dict[str, Any]:
    """What the scripts start from.

    computed: whether they compute values and gradients themselves, from what is given: the input, the target
    and the parameters. If not, all numbers are there. arrays: by symbol, in the order of the derivation.
    sums: the gradients that are sums of several ways.
    """
    computed = is_computed(walk)
    sums = {
        step.symbol: [s.symbol for s in steps if s.symbol.startswith(f"{step.symbol} (way ")]
        for step in steps
        if " (way 1) + " in step.line.right
    }
    return {
        "computed": computed,
        "eta": lr,
        "nodes": [node(walk, index) for index in range(len(walk.places))],
        "loss": loss_node(walk),
        "sums": sums,
        "arrays": {step.symbol: _array(step, computed) for step in steps},
    }


def _array(step: Step, computed: bool) -> dict[str, Any]:
    """Shape and numbers; without the numbers where the page computes them."""
    given = step.part == "forward" and not step.line.right
    classes = not np.issubdtype(step.value.dtype, np.floating)
    found = {"shape": step.shape, "columns": step.columns, "given": given, "classes": classes}
    return found if computed and not given else {**found, **_numbers(step.value)}


def _numbers(values: Array) -> dict[str, str]:
    """Little-endian bytes in row-major order, in base64."""
    kind = "<f4" if values.dtype == np.float32 else "<f8"
    data = np.ascontiguousarray(values, kind).tobytes()
    return {"type": kind[1:], "data": base64.b64encode(data).decode("ascii")}


def as_json(found: dict[str, Any]) -> str:
    """The record as it can stand inside a script element."""
    return json.dumps(found, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
