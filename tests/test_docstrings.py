"""Public names explain themselves: ruff's D rules check the form of docstrings, these tests what they say."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import fastconv.data
import fastconv.data.augment
import fastconv.functional
import fastconv.grad
import fastconv.metrics
import fastconv.nn
import fastconv.optim
import fastconv.plots
import fastconv.reference
from fastconv.training import callbacks
from fastconv.training.history import History
from fastconv.training.trainer import Trainer

ROOT = Path(__file__).resolve().parents[1]
OPERATIONS = [
    (f"{module.__name__}.{name}", getattr(module, name))
    for module in (fastconv.functional, fastconv.grad)
    for name in module.__all__
]
SHAPE = re.compile(r"\([^()]*\w+, ?[^()]*\)|shape|scalar|like `", re.IGNORECASE)


def public_names() -> dict[str, object]:
    """Every function and class without an underscore, by the module that defines it."""
    found = {}
    for path in (ROOT / "fastconv").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if path.name != "__main__.py":
            try:
                module = importlib.import_module(name)
            except ImportError as error:  # of an optional package
                missing = isinstance(error, ModuleNotFoundError) and error.name in ("torch", "jax")
                if "pip install" not in str(error) and not missing:
                    raise
                continue
            found |= {
                f"{name}.{key}": value for key, value in vars(module).items() if is_public(key, value, name)
            }
    return found


def is_public(key: str, value: object, module: str) -> bool:
    defined_here = getattr(value, "__module__", None) == module
    return defined_here and key[0] != "_" and (inspect.isfunction(value) or inspect.isclass(value))


PUBLIC_CLASSES = [
    kind
    for module in (
        fastconv.nn,
        fastconv.optim,
        callbacks,
        fastconv.metrics,
        fastconv.data,
        fastconv.data.augment,
    )
    for name, kind in vars(module).items()
    if inspect.isclass(kind)
    and (name in getattr(module, "__all__", ()) or kind.__module__ == module.__name__)
]


def of(items) -> dict:
    """Arguments of `parametrize` for (name, value) pairs."""
    names, values = zip(*sorted(items), strict=True)
    return {"argvalues": values, "ids": names}


@pytest.mark.parametrize("value", **of(public_names().items()))
def test_a_docstring_begins_with_one_line_that_says_what_it_does(value):
    # Not inspect.getdoc, which would hand a class its parent's text.
    lines = inspect.cleandoc(value.__doc__ or "").splitlines()
    assert lines, "no docstring"
    assert lines[0].endswith((".", ":", "?")), f"the first line goes on: {lines[0]!r}"
    assert len(lines) == 1 or lines[1] == "", "the first line is not set apart"
    assert len(lines[0].split()) > 2, f"says too little: {lines[0]!r}"


@pytest.mark.parametrize("operation", **of(OPERATIONS))
def test_an_operation_names_its_arguments_and_shapes(operation):
    text = inspect.getdoc(operation)
    missing = [
        name for name in inspect.signature(operation).parameters if not re.search(rf"\b{name}\b", text)
    ]
    assert not missing, f"no word on {missing}"
    assert SHAPE.search(text), "no word on shapes"


@pytest.mark.parametrize("name", fastconv.plots.__all__)
def test_a_picture_names_its_arguments_and_errors(name):
    function = getattr(fastconv.plots, name)
    text = inspect.getdoc(function)
    for argument in inspect.signature(function).parameters:
        assert re.search(rf"\b{argument}\b", text), f"{argument} is missing"
    assert re.search("ValueError|TypeError", text)
    assert "ImportError" in text


@pytest.mark.parametrize(
    "function", **of((name, getattr(fastconv.reference, name)) for name in fastconv.reference.__all__)
)
def test_a_reference_function_states_its_formula(function):
    assert "=" in inspect.getdoc(function)


def test_a_public_class_documents_every_argument():
    """As an entry of the list that its own docstring has under **Arguments:**, by name."""
    documented = [*PUBLIC_CLASSES, History, Trainer, Trainer.fit]
    missing = [
        f"{owner.__qualname__}: {name}"
        for owner in documented
        if not getattr(owner, "_is_protocol", False)
        for name in inspect.signature(owner).parameters
        if name != "self" and f"- `{name}`: " not in (owner.__doc__ or "").partition("**Arguments:**")[2]
    ]
    assert not missing, "\n" + "\n".join(missing)
