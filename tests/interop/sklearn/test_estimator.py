"""What both estimators share."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import fastconv
from fastconv import data, nn
from fastconv.data.augment import Shift

pytest.importorskip("sklearn")
base = pytest.importorskip("sklearn.base")
interop = pytest.importorskip("fastconv.interop.sklearn")

KINDS = interop.ConvClassifier, interop.ConvRegressor
both = pytest.mark.parametrize("kind", KINDS)
DIGITS = data.digits().train[0][:80, 0], data.digits().train[1][:80]


def dense(input_shape, outputs, seed):
    """A network without a standardising layer, whatever the samples."""
    size = int(np.prod(input_shape))
    return nn.Sequential(nn.Flatten(), nn.Linear(size, outputs, dtype=np.float64), seed=seed)


def outputs(estimator, x):
    return estimator.model_.predict(estimator._cast(x[:, None]))


@both
def test_every_argument_is_documented(kind):
    arguments = kind.__doc__.partition("**Arguments:**")[2]
    assert not [name for name in inspect.signature(kind).parameters if f"- `{name}`: " not in arguments]


@both
@pytest.mark.parametrize("options", [{}, {"early_stopping": True, "tol": 0.0, "n_iter_no_change": 1}])
def test_a_weight_is_so_many_copies(kind, options):
    """Of 80 images in batches of 16, in another order: to the last bit."""
    x, y = DIGITS
    weight = np.random.default_rng(0).integers(0, 4, len(x))
    at = np.random.default_rng(1).permutation(np.repeat(np.arange(len(x)), weight))
    estimator = kind(epochs=4, batch_size=16, lr_schedule="cosine", random_state=0, **options)
    weighted = base.clone(estimator).fit(x, y, sample_weight=weight)
    repeated = base.clone(estimator).fit(x[at], y[at])
    np.testing.assert_array_equal(outputs(weighted, x), outputs(repeated, x))
    assert weighted.loss_curve_ == repeated.loss_curve_
    plain = base.clone(estimator).fit(x, y)
    assert (outputs(plain, x) != outputs(weighted, x)).any()


@both
def test_only_the_proportions_of_weights_count(kind):
    x, y = DIGITS
    weight = np.random.default_rng(0).integers(1, 4, len(x))
    estimator = kind(dense, epochs=2, random_state=0)
    a, b = (base.clone(estimator).fit(x, y, sample_weight=weight * scale) for scale in (1, 1024))
    np.testing.assert_array_equal(outputs(a, x.astype(float)), outputs(b, x.astype(float)))


@both
def test_the_layouts_of_images_are_one(kind):
    """Two channels, as images and as rows."""
    x, y = np.stack([DIGITS[0], 1 - DIGITS[0]], 1), DIGITS[1]
    estimator = kind(epochs=1, random_state=0).fit(x, y)
    for other, options in [
        (x.transpose(0, 2, 3, 1), {}),
        (x.reshape(len(x), -1), {"image_shape": (2, 8, 8)}),
        (x.transpose(0, 2, 3, 1).reshape(len(x), -1), {"image_shape": (8, 8, 2)}),
    ]:
        same = base.clone(estimator).set_params(**options).fit(other, y)
        np.testing.assert_array_equal(same.predict(other), estimator.predict(x))
        assert same.n_features_in_ == 128


@both
def test_bytes_are_images_from_0_to_1(kind):
    x, y = (DIGITS[0] * 255).astype(np.uint8), DIGITS[1]
    of_bytes = kind(epochs=1, random_state=0).fit(x, y)
    of_floats = kind(epochs=1, random_state=0).fit(x / np.float32(255), y)
    np.testing.assert_array_equal(of_bytes.predict(x), of_floats.predict(x / np.float32(255)))
    np.testing.assert_array_equal(outputs(of_bytes, x / np.float32(255)), of_bytes.model_.predict(x[:, None]))


@both
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_network_has_the_dtype_of_the_samples(kind, dtype):
    x = DIGITS[0].astype(dtype)
    estimator = kind(epochs=1, random_state=0).fit(x, DIGITS[1])
    assert outputs(estimator, x).dtype == dtype


@both
def test_samples_get_the_dtype_of_a_network_of_ones_own(kind):
    estimator = kind(dense, epochs=1, random_state=0).fit(*DIGITS)
    assert outputs(estimator, DIGITS[0]).dtype == np.float64


@both
def test_the_network_of_the_fit_is_a_copy(kind):
    model = dense((1, 8, 8), 10 if kind is KINDS[0] else 1, 0)
    before = model.state_dict()
    fitted = kind(model, epochs=1, random_state=0).fit(*DIGITS)
    np.testing.assert_equal(model.state_dict(), before)
    assert fitted.model is model


@both
def test_parts_go_on_where_the_last_one_ended_and_after_pickling(kind):
    x, y = DIGITS
    first = {"classes": np.arange(10)} if kind is KINDS[0] else {}
    whole = kind(random_state=0).partial_fit(x, y, **first).partial_fit(x, y).partial_fit(x, y)
    parts = pickle.loads(pickle.dumps(kind(random_state=0).partial_fit(x, y, **first)))
    parts = copy.deepcopy(parts.partial_fit(x, y)).partial_fit(x, y)
    np.testing.assert_array_equal(outputs(parts, x), outputs(whole, x))
    assert parts.n_iter_ == 3
    assert parts.loss_curve_ == whole.loss_curve_
    assert len(parts.loss_curve_) == 3
    assert parts.loss_curve_[2] < parts.loss_curve_[0]


@both
def test_parts_are_the_epochs_of_a_fit(kind):
    x, y = DIGITS
    estimator = kind(epochs=2, random_state=0).fit(x, y)
    first = {"classes": np.arange(10)} if kind is KINDS[0] else {}
    parts = kind(random_state=0).partial_fit(x, y, **first).partial_fit(x, y)
    np.testing.assert_array_equal(outputs(parts, x), outputs(estimator, x))
    parts.set_params(epochs=1).fit(x, y)  # begins anew
    assert parts.n_iter_ == 1


@both
def test_a_part_may_follow_a_fit(kind):
    estimator = kind(epochs=3, lr_schedule="one-cycle", random_state=0).fit(*DIGITS)
    assert estimator.partial_fit(*DIGITS).n_iter_ == 4
    assert estimator._optimizer.lr == 3e-3


@both
def test_a_warm_start_goes_on(kind):
    estimator = kind(epochs=2, random_state=0, warm_start=True).fit(*DIGITS)
    network, losses = estimator.model_, list(estimator.loss_curve_)
    estimator.fit(*DIGITS)
    assert estimator.model_ is network
    assert estimator.loss_curve_[:2] == losses
    assert len(estimator.history_["loss"]) == estimator.n_iter_ == 4
    assert estimator.set_params(warm_start=False).fit(*DIGITS).n_iter_ == 2


@both
def test_the_best_epoch_is_kept(kind):
    """Labels without sense are learned by heart, and soon no others are."""
    x, y = DIGITS[0], np.random.default_rng(0).permutation(DIGITS[1])
    stopping = {"early_stopping": True, "validation_fraction": 0.25, "n_iter_no_change": 3, "tol": 0.0}
    estimator = kind("derivation_mlp", epochs=40, lr=0.01, random_state=0, **stopping).fit(x, y)
    losses = estimator.history_["val_loss"]
    best = int(np.argmin(losses))
    assert estimator.n_iter_ == len(losses) == best + 4 < 40
    until = base.clone(estimator).set_params(epochs=best + 1).fit(x, y)
    np.testing.assert_array_equal(outputs(until, x), outputs(estimator, x))


@both
def test_augmentation_and_progress(kind, capsys):
    options = {"epochs": 1, "random_state": 0}
    plain = kind(**options).fit(*DIGITS)
    assert capsys.readouterr().out == ""
    shifted = kind(augment=Shift(1), verbose=True, **options).fit(*DIGITS)
    assert capsys.readouterr().out.startswith("epoch 1/1: loss ")
    assert plain.loss_curve_ != shifted.loss_curve_


@both
def test_random_states(kind):
    def fitted(state):
        return outputs(kind(epochs=1, random_state=state).fit(*DIGITS), DIGITS[0])

    np.testing.assert_array_equal(fitted(3), fitted(np.random.RandomState(3)))
    assert (fitted(3) != fitted(4)).any()


@both
def test_a_batch_norm_never_gets_a_single_sample(kind):
    x, y = DIGITS[0][:33], DIGITS[1][:33] % 2
    assert len(kind("resnet8", epochs=1, batch_size=16, random_state=0).fit(x, y).loss_curve_) == 1


@both
def test_the_model_is_saved_and_loaded(kind, tmp_path):
    estimator = kind(epochs=1, random_state=0).fit(*DIGITS)
    estimator.model_.save(tmp_path / "model.safetensors")
    loaded = fastconv.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(DIGITS[0][:, None]), outputs(estimator, DIGITS[0]))


@both
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"epochs": 0}, ValueError, "{}: epochs: got 0, needs an integer from 1 to "),
        ({"batch_size": 2.5}, TypeError, "{}: batch_size: got 2.5, needs an integer"),
        ({"lr": -1}, ValueError, "Adam: lr: got -1, needs a number from 0 to inf"),
        ({"early_stopping": 1}, TypeError, "{}: early_stopping: got 1, needs True or False"),
        ({"early_stopping": True, "validation_fraction": 2}, ValueError, "{}: validation_fraction: got 2, "),
        ({"channels": "c"}, ValueError, "{}: channels: got 'c', needs 'auto', 'first' or 'last'"),
        ({"augment": Shift}, TypeError, "fit: augment: got the class Shift, needs "),
    ],
)
def test_arguments_that_do_not_fit(kind, options, error, message):
    with pytest.raises(error) as raised:
        kind(**options).fit(*DIGITS)
    assert str(raised.value).startswith(message.format(kind.__name__))


@both
def test_samples_of_another_shape_than_in_fit(kind):
    estimator = kind(epochs=1).fit(*DIGITS)
    with pytest.raises(ValueError, match=r"X: got samples of shape \(64,\), needs \(1, 8, 8\) as in fit$"):
        estimator.predict(DIGITS[0].reshape(80, 64))
    with pytest.raises(ValueError, match=r"array with 0 sample\(s\)"):
        estimator.predict(DIGITS[0][:0])


@both
def test_weights_of_zero_alone(kind):
    with pytest.raises(ValueError, match="zero"):
        kind().fit(*DIGITS, sample_weight=np.zeros(80))
