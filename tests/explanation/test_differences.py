import numpy as np
import pytest

from fastconv import models, nn
from fastconv.explanation import explain

F64 = {"dtype": "float64"}


class Square(nn.Layer):
    """y = x^2, with a gradient that is wrong by a factor."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = factor

    def forward(self, x, training=True):
        return x**2, lambda dy, input_gradient=True: (2 * x * dy * self.factor, {})


class Scale(nn.Layer):
    """y = s x with one parameter, whose gradient is wrong by a factor."""

    def __init__(self, factor, dtype):
        super().__init__()
        self._parameters["scale"] = np.ones(1, dtype)
        self.factor = factor

    def forward(self, x, training=True):
        s = self._parameters["scale"]

        def backward(dy, input_gradient=True):
            return s * dy, {"scale": np.array([(x * dy).sum() * self.factor], x.dtype)}

        return s * x, backward


@pytest.mark.parametrize(
    ("dtype", "factor", "verdict"),
    [
        ("float64", 1, "ok"),
        ("float64", 1 + 1e-4, "differs"),
        ("float32", 1, "ok"),
        ("float32", 1 + 1e-2, "differs"),
    ],
)
def test_a_wrong_input_gradient_is_seen_in_everything_behind_it(dtype, factor, verdict):
    model = nn.Sequential(nn.Linear(3, 4, dtype=dtype), Square(factor), nn.Linear(4, 2, dtype=dtype), seed=0)
    explanation = explain(model, nn.CrossEntropyLoss(), [1, 2, 3], 0)
    assert explanation["dL/dA1"].check.verdict == "ok"
    assert explanation["dL/dW2"].check.verdict == "ok"
    assert explanation["dL/dW1"].check.verdict == verdict
    assert explanation["dL/dZ1"].check.verdict == verdict
    assert explanation.ok == (verdict == "ok")
    if verdict == "differs":
        assert explanation["dL/dZ1"].error == pytest.approx(1 - 1 / factor, rel=0.05)
        assert "DIFFERS by 1e-0" in str(explanation)


@pytest.mark.parametrize("factor", [1, 1.01])
def test_a_wrong_parameter_gradient_is_seen_there_alone(factor):
    model = nn.Sequential(nn.Linear(3, 2, **F64), Scale(factor, "float64"), seed=0)
    explanation = explain(model, nn.CrossEntropyLoss(), [1, 2, 3], 0)
    assert (explanation["dL/dscale2"].check.verdict == "ok") == (factor == 1)
    assert explanation["dL/dW1"].check.verdict == "ok"


def test_a_relu_at_zero_is_called_a_kink():
    model = nn.Sequential(nn.Linear(2, 2, **F64), nn.ReLU(), nn.Linear(2, 2, **F64), seed=0)
    model[0].weight[...] = [[1, -1], [1, 1]]
    model[0].bias[...] = 0
    explanation = explain(model, nn.CrossEntropyLoss(), [1, 1], 0)  # Z1 = (0, 2)
    check = explanation["dL/dZ1"].check
    assert (check.verdict, check.checked, check.kinks) == ("ok", 1, 1)
    assert check.remark == "1 of 2 entries checked, 1 at a kink"
    assert check.remark in str(explanation)
    assert explanation["dL/dH"].check.kinks == 0
    assert explanation["dL/dW1"].check.kinks == 2
    assert explanation.ok


def test_a_tie_in_a_pooling_window_is_called_a_kink():
    model = nn.Sequential(
        nn.Conv2d(1, 1, 1, **F64), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1, 1, **F64), seed=0
    )
    model[0].weight[...] = 1
    explanation = explain(model, nn.BCEWithLogitsLoss(), np.array([[[1.0, 3], [3, 2]]]), 1)
    check = explanation["dL/dZ1"].check
    assert (check.verdict, check.checked, check.kinks) == ("ok", 2, 2)
    # Both maxima move together with the filter and the bias: there the loss is smooth.
    assert explanation["dL/dW1"].check.kinks == 0
    assert explanation["dL/db1"].check.kinks == 0


def test_where_every_entry_is_at_a_kink_nothing_is_claimed():
    explanation = explain(
        models.derivation_cnn(seed=0, **F64), nn.BCEWithLogitsLoss(), np.zeros((1, 6, 6)), 1
    )
    assert explanation["dL/dZ1"].check.verdict == "kink"
    assert (str(explanation["dL/dZ1"].check), explanation["dL/dZ1"].check.remark) == ("at a kink", "")
    assert explanation.ok


def test_a_step_across_a_kink_nearby_is_taken_again_smaller():
    model = nn.Sequential(nn.Linear(1, 1, **F64), nn.ReLU(), nn.Linear(1, 1, **F64), seed=0)
    model[0].weight[...] = 1
    model[0].bias[...] = 1e-6
    explanation = explain(model, nn.BCEWithLogitsLoss(), [0], 1)
    assert (explanation["dL/dZ1"].check.verdict, explanation["dL/dZ1"].check.checked) == ("ok", 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("logit", [5, 20, 40, 1000])
@pytest.mark.parametrize("right", [True, False])
def test_a_saturated_loss_is_no_false_alarm(dtype, logit, right):
    yes_or_no = nn.Linear(1, 1, bias=False, dtype=dtype)
    yes_or_no.weight[...] = logit
    explanation = explain(yes_or_no, nn.BCEWithLogitsLoss(), [1], int(right))
    assert explanation.ok
    rounded = explanation["A1"].value == 1
    assert (explanation["dL/dA1"].check is None) == rounded
    assert ("A1 has been rounded" in str(explanation)) == rounded

    classes = nn.Linear(1, 2, bias=False, dtype=dtype)
    classes.weight[...] = [[logit], [0]]
    assert explain(classes, nn.CrossEntropyLoss(), [1], int(not right)).ok


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("logit", [5, 12, 40, 1000])
@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize(
    ("layer", "loss"), [(nn.LogSoftmax(), nn.NLLLoss()), (nn.Sigmoid(), nn.BCELoss())], ids=repr
)
def test_nor_is_one_behind_a_layer_of_its_own(layer, loss, right, logit, dtype):
    model = nn.Sequential(nn.Linear(1, 2, bias=False, dtype=dtype), layer)
    model[0].weight[...] = [[logit], [0]]
    labels = int(not right) if isinstance(loss, nn.NLLLoss) else [[right, 0.5]]
    assert explain(model, loss, [1], labels).ok


def test_a_gradient_that_rounding_hides_is_not_called_checked():
    model = nn.Linear(1, 2, bias=False)
    model.weight[...] = [[20], [0]]
    check = explain(model, nn.CrossEntropyLoss(), [1], 0)["dL/dW1"].check
    assert check.verdict == "rounding"
    assert str(check) == "hidden by rounding"


def test_a_gradient_that_is_not_finite_is_not_fine():
    explanation = explain(nn.Linear(3, 2, seed=0), nn.CrossEntropyLoss(), [1, np.nan, 2], 0)
    assert not explanation.ok
    assert "NOT FINITE" in str(explanation)


def test_large_gradients_are_checked_in_part():
    model = models.derivation_mlp(100, 30, 3, seed=0, **F64)
    explanation = explain(model, nn.CrossEntropyLoss(), np.linspace(-1, 1, 100), 1)
    check = explanation["dL/dW1"].check
    assert (check.checked, check.size) == (16, 3000)
    assert check.remark == "16 of 3000 entries checked"
    assert explanation["dL/dZ1"].check.checked == 30


def test_a_sample_contains_the_largest_entries():
    class Broken(Square):
        """The largest entry of the input's gradient is wrong, and no other."""

        def forward(self, x, training=True):
            def backward(dy, input_gradient=True):
                dx = 2 * x * dy
                dx.flat[np.abs(dx).argmax()] *= 1.1
                return dx, {}

            return x**2, backward

    model = nn.Sequential(nn.Linear(2, 200, **F64), Broken(), nn.Linear(200, 2, **F64), seed=0)
    assert explain(model, nn.CrossEntropyLoss(), [1, 2], 0)["dL/dZ1"].check.verdict == "differs"


def test_dropout_is_off():
    model = nn.Sequential(nn.Linear(3, 4, **F64), nn.Dropout(0.9), nn.Linear(4, 2, **F64), seed=0)
    explanation = explain(model, nn.CrossEntropyLoss(), [1, 2, 3], 0)
    assert explanation.ok
    assert "dropout passes on everything here" in str(explanation)
    assert np.array_equal(explanation["Z1"].value, explanation["Z1'"].value)
