import pytest

from fastconv import nn
from fastconv.interop.onnx.metadata import entries, restore


@pytest.mark.parametrize("classes", [None, ("cat", "dög"), (3, 5)])
@pytest.mark.parametrize(
    "preparation", [None, {"value_range": [0.0, 16.0], "crop": False, "normalize": None}]
)
def test_entries_are_restored(classes, preparation):
    model, other = nn.Linear(2, 2), nn.Linear(2, 2)
    model.classes, model.preparation = classes, preparation
    restore(other, {"author": "someone", **entries(model)})
    assert (other.classes, other.preparation) == (classes, preparation)


def test_a_model_that_says_nothing_has_no_entries():
    assert entries(nn.ReLU()) == {}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("classes", "cat, dog"),
        ("classes", "null"),
        ("classes", "[]"),
        ("classes", '["a", "a"]'),
        ("classes", '["a", 1]'),
        ("classes", "[" * 100_000),
        ("preparation", "[1]"),
        ("preparation", "3"),
    ],
)
def test_entries_that_do_not_fit(key, text):
    with pytest.raises(ValueError, match=f"^its entry fastconv.{key} does not fit: "):
        restore(nn.ReLU(), {f"fastconv.{key}": text})
