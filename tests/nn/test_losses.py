import numpy as np
import pytest

from fastconv import functional, nn

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(5, 3))
LABELS = np.array([0, 2, 1, 2, 0])
PROBABILITIES = RNG.dirichlet(np.ones(3), size=5)
PIXELS = RNG.normal(size=(5, 3, 2, 2))
PIXEL_LABELS = RNG.integers(0, 3, size=(5, 2, 2))
SAMPLE_WEIGHT = np.array([0.5, 2.0, 0.0, 1.0, 3.0])

CASES = {
    "classes": (nn.CrossEntropyLoss(), LOGITS, LABELS),
    "classes, sum": (nn.CrossEntropyLoss(reduction="sum"), LOGITS, LABELS),
    "classes, weight": (nn.CrossEntropyLoss(weight=np.array([1.0, 2.0, 0.5])), LOGITS, LABELS),
    "classes, ignored": (nn.CrossEntropyLoss(ignore_index=2), LOGITS, LABELS),
    "classes, smoothed": (nn.CrossEntropyLoss(label_smoothing=0.2), LOGITS, LABELS),
    "classes of pixels": (nn.CrossEntropyLoss(), PIXELS, PIXEL_LABELS),
    "probabilities": (nn.CrossEntropyLoss(), LOGITS, PROBABILITIES),
    "probabilities, weight": (nn.CrossEntropyLoss(weight=np.array([1.0, 2.0, 0.5])), LOGITS, PROBABILITIES),
    "binary": (nn.BCEWithLogitsLoss(), LOGITS, PROBABILITIES),
    "binary, weights": (
        nn.BCEWithLogitsLoss(weight=np.array([1.0, 2.0, 3.0]), pos_weight=np.array([2.0])),
        LOGITS,
        PROBABILITIES,
    ),
    "squares": (nn.MSELoss(), LOGITS, PROBABILITIES),
    "squares, sum": (nn.MSELoss(reduction="sum"), LOGITS, PROBABILITIES),
}
each_case = pytest.mark.parametrize(("loss", "output", "target"), CASES.values(), ids=CASES)


@each_case
@pytest.mark.parametrize("sample_weight", [None, SAMPLE_WEIGHT], ids=["plain", "weighted"])
def test_the_gradient_agrees_with_differences(loss, output, target, sample_weight, each_backend):
    _, backward = loss.forward(output, target, sample_weight)
    gradient = backward()
    assert gradient.shape == output.shape
    h = 1e-6
    for index in np.ndindex(output.shape):
        step = np.zeros(output.shape)
        step[index] = h
        high, low = (loss.forward(o, target, sample_weight)[0] for o in (output + step, output - step))
        assert gradient[index] == pytest.approx((high - low) / (2 * h), rel=1e-6, abs=1e-8)


@each_case
def test_weights_of_one_change_nothing(loss, output, target):
    value, backward = loss.forward(output, target)
    weighted, weighted_backward = loss.forward(output, target, np.ones(5))
    assert weighted == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(weighted_backward(), backward(), rtol=1e-13, atol=1e-16)
    assert loss(output, target) == value


def test_a_weighted_mean_divides_by_the_number_of_samples_as_keras():
    terms = functional.cross_entropy(LOGITS, LABELS, reduction="none")
    value, _ = nn.CrossEntropyLoss().forward(LOGITS, LABELS, SAMPLE_WEIGHT)
    assert value == pytest.approx((terms * SAMPLE_WEIGHT).sum() / 5, rel=1e-14)
    squares = ((LOGITS - PROBABILITIES) ** 2).mean(axis=1)
    value, _ = nn.MSELoss().forward(LOGITS, PROBABILITIES, SAMPLE_WEIGHT)
    assert value == pytest.approx((squares * SAMPLE_WEIGHT).sum() / 5, rel=1e-14)


def test_cross_entropy_by_hand():
    # softmax([0, ln 3]) = [1/4, 3/4]
    loss = nn.CrossEntropyLoss()
    value, backward = loss.forward(np.array([[0.0, np.log(3)]]), np.array([1]))
    assert value == pytest.approx(np.log(4 / 3), rel=1e-15)
    np.testing.assert_allclose(backward(), [[1 / 4, -1 / 4]], rtol=1e-15)


def test_binary_cross_entropy_by_hand():
    value, backward = nn.BCEWithLogitsLoss().forward(np.array([[0.0]]), np.array([[1.0]]))
    assert value == pytest.approx(np.log(2), rel=1e-15)
    assert backward().tolist() == [[-0.5]]


@each_case
def test_float32_in_float32_out(loss, output, target, each_backend):
    output = output.astype(np.float32)
    target = target.astype(np.float32) if target.dtype == np.float64 else target
    value, backward = loss.forward(output, target, SAMPLE_WEIGHT)
    assert type(value) is float
    assert backward().dtype == np.float32


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss, nn.BCEWithLogitsLoss, nn.MSELoss])
def test_training_needs_one_number(loss):
    with pytest.raises(ValueError, match=f"{loss.__name__}: reduction: got 'none', needs 'mean' or 'sum'"):
        loss(reduction="none")


def test_sample_weight_must_be_one_a_sample():
    with pytest.raises(ValueError, match=r"MSELoss: sample_weight: got shape \(2,\), needs \(5,\)"):
        nn.MSELoss().forward(LOGITS, PROBABILITIES, np.ones(2))


def test_label_smoothing_is_a_fraction():
    with pytest.raises(ValueError, match=r"CrossEntropyLoss: label_smoothing: got 1.5"):
        nn.CrossEntropyLoss(label_smoothing=1.5)


@each_case
def test_config_makes_the_same_loss(loss, output, target):
    twin = type(loss)(**loss.config())
    assert twin(output, target) == loss(output, target)
    assert repr(twin) == repr(loss)
