"""Targets that do not fit a model's output, told before training."""

import math

import numpy as np
import pytest

from fastconv import nn

F32 = np.dtype(np.float32)
LABELS_FIT = "integers of shape (4,) as class labels"


@pytest.mark.parametrize(
    ("loss", "target", "shape", "error", "message"),
    [
        (nn.CrossEntropyLoss(), np.array([0, 1, 3, 0]), (4, 3), ValueError, "got 3 at index 2, needs 0 to 2"),
        (nn.CrossEntropyLoss(), np.arange(4) - 1, (4, 3), ValueError, "got -1 at index 0, needs 0 to 2"),
        (
            nn.CrossEntropyLoss(),
            np.zeros((4, 2, 2), np.uint8) + 3,
            (4, 3, 2, 2),
            ValueError,
            "got 3 at index (0, 0, 0)",
        ),
        (
            nn.CrossEntropyLoss(),
            np.zeros(4),
            (4, 3),
            TypeError,
            f"got float64, needs {LABELS_FIT}; y.astype(np.int64) would fit",
        ),
        (
            nn.CrossEntropyLoss(),
            np.array([*"abca"]),
            (4, 3),
            TypeError,
            f"got <U1, needs {LABELS_FIT}; np.searchsorted(classes, y) with classes = np.unique(training ",
        ),
        (
            nn.CrossEntropyLoss(),
            np.zeros((4, 3)),
            (4, 3),
            TypeError,
            "got float64, needs float32 to match the model's output; y.astype(np.float32) would fit",
        ),
        (
            nn.MSELoss(),
            np.arange(4),
            (4, 1),
            TypeError,
            "got int64, needs float32 to match the model's output; y[..., None].astype(np.float32) would fit",
        ),
        (
            nn.BCEWithLogitsLoss(),
            np.ones((4, 1), bool),
            (4, 1),
            TypeError,
            "got bool, needs float32 to match the model's output; y.astype(np.float32) would fit",
        ),
        (
            nn.BCEWithLogitsLoss(),
            np.ones(4, np.float32),
            (4, 1),
            ValueError,
            "got shape (4,), needs (4, 1) to match the model's output; y[..., None] would fit",
        ),
        (nn.Loss("mean"), np.ones(4), (4, 1), TypeError, "got float64, needs float32"),
        (nn.NLLLoss(), np.array([0, 1, 3, 0]), (4, 3), ValueError, "got 3 at index 2, needs 0 to 2"),
        (
            nn.NLLLoss(),
            np.ones((4, 3), np.float32),
            (4, 3),
            ValueError,
            f"got float32 of shape (4, 3), needs {LABELS_FIT}",
        ),
        (
            nn.BCELoss(),
            np.array([[0.5], [1.5]], np.float32),
            (2, 1),
            ValueError,
            "got 1.5 at index (1, 0), needs numbers from 0 to 1",
        ),
        (
            nn.CrossEntropyLoss(),
            np.array([[1, 0], [math.nan, 1]], np.float32),
            (2, 2),
            ValueError,
            "got nan at index (1, 0), needs finite numbers",
        ),
        (
            nn.MSELoss(),
            np.array([[1], [-math.inf]], np.float32),
            (2, 1),
            ValueError,
            "got -inf at index (1, 0), needs finite numbers",
        ),
        (
            nn.BCEWithLogitsLoss(),
            np.array([[math.nan]], np.float32),
            (1, 1),
            ValueError,
            "got nan at index (0, 0), needs finite numbers",
        ),
    ],
)
def test_targets_that_do_not_fit_are_told(loss, target, shape, error, message):
    with pytest.raises(error) as caught:
        loss.check("fit", "y", target, shape, F32)
    assert str(caught.value).startswith(f"fit: y: {message}")
