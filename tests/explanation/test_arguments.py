import numpy as np
import pytest

from fastconv import models, nn
from fastconv.explanation import explain


def symbols_and_values(explanation):
    return [(step.formula, step.value.tolist()) for step in explanation]


def test_one_image_and_a_batch_of_one_are_the_same():
    model = models.derivation_cnn(seed=0)
    x = np.random.default_rng(0).random((1, 6, 6), np.float32)
    one = explain(model, nn.BCEWithLogitsLoss(), x, 1)
    batch = explain(model, nn.BCEWithLogitsLoss(), x[None], np.ones((1, 1), np.float32))
    assert symbols_and_values(one) == symbols_and_values(batch)


def test_one_vector_and_a_batch_of_one_are_the_same():
    model = models.derivation_mlp(3, 4, 2, seed=0)
    one = explain(model, nn.CrossEntropyLoss(), [1, 2, 3], 1)
    batch = explain(model, nn.CrossEntropyLoss(), np.array([[1, 2, 3]], np.float32), np.array([1]))
    assert symbols_and_values(one) == symbols_and_values(batch)


@pytest.mark.parametrize("y", [1, 1.0, True, [1], [[1]], np.float64(1), np.array([1], np.uint8)])
def test_one_output_takes_any_number_as_its_target(y):
    explanation = explain(
        models.derivation_cnn(seed=0), nn.BCEWithLogitsLoss(), np.ones((1, 1, 6, 6), "f4"), y
    )
    assert explanation["Y"].value.tolist() == [[1]]
    assert explanation["Y"].value.dtype == np.float32


def test_plain_numbers_take_the_dtype_of_the_model():
    explanation = explain(nn.Linear(2, 2, dtype="float64", seed=0), nn.CrossEntropyLoss(), [1, 2], 0)
    assert {step.value.dtype.name for step in explanation} == {"float64", "int64"}


def test_a_single_layer_is_a_model():
    explanation = explain(nn.Linear(2, 2, seed=0), nn.CrossEntropyLoss(), [1, 2], 0)
    assert explanation["W1"].line.note == "the parameter weight"
    assert explanation.ok


def test_a_model_without_parameters_ends_with_the_loss_gradient():
    explanation = explain(nn.Sequential(nn.ReLU()), nn.CrossEntropyLoss(), np.array([[1.0, 2]]), [0])
    assert [step.symbol for step in explanation] == ["x", "S", "P", "y", "L", "dL/dS"]


def test_no_gradient_goes_below_the_first_parameters():
    explanation = explain(
        models.build("derivation_mlp", (1, 2, 2), 3, seed=0),
        nn.CrossEntropyLoss(),
        np.ones((1, 1, 2, 2), "f4"),
        0,
    )
    assert explanation["F"].formula == "F = flatten(X)"
    assert not {"dL/dF", "dL/dX"} & {step.symbol for step in explanation}


def test_steps_are_found_by_symbol():
    explanation = explain(nn.Linear(2, 2, seed=0), nn.CrossEntropyLoss(), [1, 2], 0)
    assert explanation["dL/dW1"] in list(explanation)
    assert len(explanation) == len(list(explanation))
    with pytest.raises(KeyError, match=r"'dL/dW7' is not a step; the steps are x, W1, b1, S"):
        explanation["dL/dW7"]


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (np.ones((1, 1, 27, 28), "f4"), 0, ValueError, r"7 \(Linear\)"),
        (np.ones((1, 3, 28, 28), "f4"), 0, ValueError, r"0 \(Conv2d\): got 3 channels, needs 1"),
        (np.ones((1, 1, 28, 28), "f8"), 0, TypeError, r"0 \(Conv2d\)"),
        (np.ones((1, 1, 28, 28), "f4"), 10, ValueError, r"cross_entropy: target: got 10 at index 0"),
        (
            np.ones((2, 1, 28, 28), "f4"),
            [1],
            ValueError,
            r"cross_entropy: target: got shape \(1,\), needs \(2,\)",
        ),
    ],
)
def test_what_does_not_fit_is_the_layers_own_error(x, y, error, message):
    with pytest.raises(error, match=message):
        explain(models.lenet5(seed=0), nn.CrossEntropyLoss(), x, y)


def test_an_empty_batch_is_an_error():
    with pytest.raises(ValueError, match=r"explain: x: got shape \(0, 2\), needs at least one example"):
        explain(nn.Linear(2, 2, seed=0), nn.CrossEntropyLoss(), np.ones((0, 2), "f4"), [])


def test_a_model_without_layers_is_an_error():
    with pytest.raises(ValueError, match="explain: model: got no layers, needs one at least"):
        explain(nn.Sequential(), nn.MSELoss(), [1.0], [1.0])


@pytest.mark.parametrize(
    ("model", "loss", "message"),
    [
        (None, None, "model: got NoneType, needs a Layer"),
        (nn.ReLU(), nn.MSELoss, r"loss: got the class MSELoss, needs a Loss: MSELoss\(...\) would fit"),
    ],
)
def test_other_objects_are_no_model_and_no_loss(model, loss, message):
    with pytest.raises(TypeError, match=f"^explain: {message}$"):
        explain(model, loss, None, None)
