import math

import numpy as np
import pytest

from fastconv import functional, nn

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(5, 3))
LABELS = np.array([0, 2, 1, 2, 0])
PROBABILITIES = RNG.dirichlet(np.ones(3), size=5)
ANSWERS = RNG.uniform(0.05, 0.95, (5, 3))
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
    "logarithms": (nn.NLLLoss(), LOGITS, LABELS),
    "logarithms, weight": (nn.NLLLoss([1.0, 2.0, 0.5], reduction="sum"), LOGITS, LABELS),
    "logarithms of pixels, ignored": (nn.NLLLoss(ignore_index=2), PIXELS, PIXEL_LABELS),
    "probabilities of yes": (nn.BCELoss(), ANSWERS, PROBABILITIES),
    "probabilities of yes, weight": (nn.BCELoss([1.0, 2.0, 3.0]), ANSWERS, PROBABILITIES),
    "distances": (nn.L1Loss(), LOGITS, PROBABILITIES),
    "distances, smooth": (nn.SmoothL1Loss(beta=0.7), LOGITS, PROBABILITIES),
    "distances, Huber": (nn.HuberLoss(reduction="sum", delta=0.6), LOGITS, PROBABILITIES),
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


IGNORED = np.full(5, -100)
NOTHING = {
    "all ignored": (nn.CrossEntropyLoss(), LOGITS, IGNORED),
    "all ignored, smoothed": (nn.CrossEntropyLoss(label_smoothing=0.1), LOGITS, IGNORED),
    "all ignored, weighted": (nn.CrossEntropyLoss(weight=[1.0, 2.0, 0.5]), LOGITS, IGNORED),
    "all pixels ignored": (nn.CrossEntropyLoss(), PIXELS, np.full_like(PIXEL_LABELS, -100)),
    "all logarithms ignored": (nn.NLLLoss(), LOGITS, IGNORED),
    "classes that weigh nothing": (nn.CrossEntropyLoss(weight=[0.0, 2.0, 0.0]), LOGITS, LABELS & 2),
    "smoothed": (nn.CrossEntropyLoss(weight=[0.0, 2.0, 0.0], label_smoothing=0.1), LOGITS, LABELS & 2),
}


@pytest.mark.parametrize(("loss", "output", "target"), NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("sample_weight", [None, np.ones(5), np.zeros(5)], ids=["plain", "ones", "zeros"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mean_over_nothing_has_no_gradient(loss, output, target, sample_weight, dtype, each_backend):
    output = output.astype(dtype)
    value, backward = loss.forward(output, target, sample_weight)
    assert math.isnan(value)
    assert not backward().any()
    assert loss.count(output, target) == 0


@each_case
def test_samples_that_weigh_nothing_have_no_gradient(loss, output, target, each_backend):
    value, backward = loss.forward(output, target, np.zeros(5))
    assert value == 0
    assert not backward().any()


@each_case
def test_the_mean_times_its_count_is_the_sum(loss, output, target):
    mean, total = (type(loss)(**{**loss.config(), "reduction": r}) for r in ("mean", "sum"))
    expected = pytest.approx(total(output, target), rel=1e-13)
    assert mean(output, target) * mean.count(output, target) == expected


WRONG = [
    (nn.MSELoss, "reduction", "none", ValueError, "got 'none', needs 'mean' or 'sum'"),
    (nn.MSELoss, "reduction", None, ValueError, "got None, needs 'mean' or 'sum'"),
    (nn.CrossEntropyLoss, "label_smoothing", 2, ValueError, "got 2, needs a number from 0 to 1"),
    (nn.CrossEntropyLoss, "label_smoothing", math.nan, ValueError, "got nan, needs a number from 0 to 1"),
    (nn.CrossEntropyLoss, "label_smoothing", "a bit", TypeError, "got 'a bit', needs a number"),
    (nn.CrossEntropyLoss, "ignore_index", 1.0, TypeError, "got 1.0, needs an integer"),
    (nn.CrossEntropyLoss, "ignore_index", None, TypeError, "got None, needs an integer"),
    (nn.CrossEntropyLoss, "weight", [1.0, math.nan], ValueError, r"got \[1.0, nan\], needs finite numbers"),
    (nn.CrossEntropyLoss, "weight", ["1", "2"], TypeError, r"got \['1', '2'\], needs an array of numbers"),
    (nn.CrossEntropyLoss, "weight", [[1.0], [1.0, 2.0]], TypeError, "needs an array of numbers"),
    (nn.CrossEntropyLoss, "weight", {0: 1.0}, TypeError, "got {0: 1.0}, needs an array of numbers"),
    (nn.CrossEntropyLoss, "weight", [[1.0, 2.0]], ValueError, r"got shape \(1, 2\), needs \(C,\)"),
    (nn.CrossEntropyLoss, "weight", 2.0, ValueError, r"got shape \(\), needs \(C,\)"),
    (nn.NLLLoss, "weight", [[1.0, 2.0]], ValueError, r"got shape \(1, 2\), needs \(C,\)"),
    (nn.NLLLoss, "ignore_index", 1.0, TypeError, "got 1.0, needs an integer"),
    (nn.BCELoss, "weight", math.inf, ValueError, "got inf, needs finite numbers"),
    (nn.SmoothL1Loss, "beta", -1, ValueError, "got -1, needs a number from 0 to"),
    (nn.HuberLoss, "delta", 0, ValueError, "got 0.0, needs a number above 0"),
    (nn.BCEWithLogitsLoss, "weight", math.inf, ValueError, "got inf, needs finite numbers"),
    (nn.BCEWithLogitsLoss, "pos_weight", "2", TypeError, "got '2', needs an array of numbers"),
]


@pytest.mark.parametrize(("kind", "name", "value", "error", "message"), WRONG, ids=str)
def test_settings_are_checked_in_the_constructor_and_later(kind, name, value, error, message):
    message = f"^{kind.__name__}: {name}: .*{message}"
    with pytest.raises(error, match=message):
        kind(**{name: value})
    loss = kind()
    before = repr(loss)
    with pytest.raises(error, match=message):
        setattr(loss, name, value)
    assert repr(loss) == before


def test_settings_may_be_set_anew():
    loss = nn.CrossEntropyLoss()
    loss.weight, loss.reduction, loss.label_smoothing = [1, 5, 1], "sum", 0.5
    same = nn.CrossEntropyLoss([1, 5, 1], reduction="sum", label_smoothing=0.5)
    assert loss(LOGITS, LABELS) == same(LOGITS, LABELS)
    with pytest.raises(AttributeError, match="CrossEntropyLoss: smoothing: there is no such setting"):
        loss.smoothing = 0.1


def test_weights_are_the_losss_own():
    given = np.array([1.0, 5.0, 1.0])
    loss = nn.CrossEntropyLoss(given)
    given[:] = 0
    assert loss.weight.tolist() == [1, 5, 1]
    with pytest.raises(ValueError, match="read-only"):
        loss.weight[0] = math.nan


def test_a_loss_of_ones_own_sets_what_it_likes_in_its_constructor():
    class Scaled(nn.MSELoss):
        def __init__(self, scale):
            self.scale = scale
            super().__init__()
            self.twice = 2 * scale

        def forward(self, output, target, sample_weight=None):
            value, backward = super().forward(output, target, sample_weight)
            return self.twice * value, lambda: self.twice * backward()

    loss = Scaled(3.0)
    assert loss(LOGITS, PROBABILITIES) == 6 * nn.MSELoss()(LOGITS, PROBABILITIES)
    with pytest.raises(ValueError, match="Scaled: reduction: got 'all'"):
        loss.reduction = "all"


def test_a_loss_of_ones_own_needs_its_forward_alone():
    class Outputs(nn.Loss):
        def forward(self, output, target, sample_weight=None):
            return float(output.mean()), lambda: np.full_like(output, 1 / output.size)

    loss = Outputs()
    assert (loss.reduction, loss.count(LOGITS, LABELS)) == ("mean", 15)
    assert loss(LOGITS, LABELS) == LOGITS.mean()


def own(result):
    """A loss whose forward gives this."""

    class Own(nn.Loss):
        def forward(self, output, target, sample_weight=None):
            return result

    return Own()


@pytest.mark.parametrize(
    ("result", "got"),
    [
        (1.0, "float, needs to return (loss, backward)"),
        ((1.0, LOGITS), "a tuple of 2: (float, ndarray), needs to return (loss, backward)"),
        ((np.ones(4), lambda: LOGITS), "one array as loss, needs a number"),
        ((1j, lambda: LOGITS), "complex as loss, needs a number"),
        ((None, lambda: LOGITS), "NoneType as loss, needs a number"),
    ],
    ids=["one value", "no function", "a value each", "complex", "nothing"],
)
def test_a_forward_of_another_form_is_told(result, got):
    for run in (own(result), own(result).forward):
        with pytest.raises(TypeError) as caught:
            run(LOGITS, LABELS)
        assert str(caught.value) == f"Own: forward: got {got}"


@pytest.mark.parametrize(
    ("gradient", "got"),
    [
        (None, "NoneType, needs to return an array"),
        ([[1.0], [2.0, 3.0]], "list, needs to return an array"),
        (LOGITS[:1], f"an array of shape (1, 3), needs {LOGITS.shape} to match the output"),
    ],
    ids=["nothing", "a list", "one sample"],
)
def test_a_backward_of_another_form_is_told(gradient, got):
    value, backward = own((np.float32(1.0), lambda: gradient)).forward(LOGITS, LABELS)
    assert (value, type(value)) == (1.0, float)
    with pytest.raises((TypeError, ValueError)) as caught:
        backward()
    assert str(caught.value) == f"Own: backward: got {got}"


def test_a_forward_of_other_arguments_is_told():
    with pytest.raises(TypeError) as caught:

        class Plain(nn.Loss):
            def forward(self, output, target):
                return 0.0, lambda: output

    needs = "(self, output, target, sample_weight=None)"
    assert str(caught.value) == f"Plain: forward: got the arguments (self, output, target), needs {needs}"


def test_a_loss_without_a_forward_is_told():
    with pytest.raises(NotImplementedError, match=r"^Loss: forward: a loss of your own overrides it$"):
        nn.Loss()(LOGITS, LABELS)


@each_case
def test_targets_that_fit_pass(loss, output, target):
    loss.check("fit", "y", target, output.shape, output.dtype)
