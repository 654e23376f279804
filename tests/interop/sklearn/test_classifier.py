import doctest
from functools import partial

import numpy as np
import pytest

import fastconv
from fastconv import data, nn, optim

sklearn = pytest.importorskip("sklearn")
calibration = pytest.importorskip("sklearn.calibration")
selection = pytest.importorskip("sklearn.model_selection")
pipeline = pytest.importorskip("sklearn.pipeline")
preprocessing = pytest.importorskip("sklearn.preprocessing")
module = pytest.importorskip("fastconv.interop.sklearn.classifier")
ConvClassifier = module.ConvClassifier

X, LABELS = data.digits().train[0][:200, 0], data.digits().train[1][:200]
NAMES = np.array([f"digit {label}" for label in LABELS])
QUICK = partial(ConvClassifier, "derivation_mlp", epochs=8, lr=0.01, random_state=0)


def test_the_example_of_the_docstring():
    """Trains on all images, and answers 98 % of the test images right."""
    (test,) = doctest.DocTestFinder(recurse=False).find(ConvClassifier, "ConvClassifier", globs={})
    assert doctest.DocTestRunner().run(test).failed == 0
    assert len(test.examples) == 5


def test_one_step_by_hand():
    """Of all samples at once, from zeros: W = lr Σ w c (onehot - 1/K) xᵀ / Σ w c."""
    rng = np.random.default_rng(0)
    x, y, weight = rng.normal(size=(12, 4)), np.arange(12) % 3, rng.random(12)
    model = nn.Linear(4, 3, dtype=np.float64)
    model.load_state_dict({"weight": np.zeros((3, 4)), "bias": np.zeros(3)})
    options = {"epochs": 1, "optimizer": optim.SGD, "lr": 0.5}
    by_class = {10: 1.0, 20: 2.0, 30: 5.0}
    fitted = ConvClassifier(model, class_weight=by_class, **options).fit(x, (y + 1) * 10, weight)
    w = weight * np.array([1, 2, 5])[y]
    expected = 0.5 * ((np.eye(3)[y] - 1 / 3) * w[:, None]).T @ x / w.sum()
    np.testing.assert_allclose(fitted.model_.weight, expected, rtol=1e-12)
    assert fitted.loss_curve_ == pytest.approx([np.log(3)])


def test_balanced_classes_weigh_the_same():
    x = np.random.default_rng(0).normal(size=(9, 4))
    y, weight = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2]), np.array([1, 1, 1, 1, 1, 3, 1, 1, 0.5])
    fit = partial(ConvClassifier, epochs=3, random_state=0)
    balanced = fit(class_weight="balanced").fit(x, y, weight)
    by_hand = fit(class_weight={0: 1 / 8, 1: 1 / 2, 2: 1 / 0.5}).fit(x, y, weight)
    np.testing.assert_allclose(balanced.predict_proba(x), by_hand.predict_proba(x), rtol=1e-9)


@pytest.mark.parametrize(
    ("classes", "known"),
    [
        (np.array(["no", "yes"]), ("no", "yes")),
        (np.array(["no", "yes"], object), ("no", "yes")),
        (np.array([-100, 7], np.int8), (-100, 7)),
        (np.array([False, True]), None),
        (np.array([1.0, 2.0]), None),
    ],
)
def test_labels_of_any_type(classes, known):
    y = classes[(LABELS > 4).astype(int)]
    fitted = QUICK().fit(X, y)
    np.testing.assert_array_equal(fitted.classes_, classes)
    assert fitted.classes_.dtype == classes.dtype
    assert fitted.model_.classes == known
    assert fitted.score(X, y) > 0.95
    if known:
        np.testing.assert_array_equal(fitted.predict(X), fitted.model_.predict_labels(X[:, None]))


def test_outputs_in_all_their_forms():
    fitted = QUICK().fit(X, NAMES)
    logits = fitted.model_.predict(X[:, None])
    np.testing.assert_array_equal(fitted.decision_function(X), logits)
    exponentials = np.exp(logits.astype(np.float64))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fitted.predict_proba(X), probabilities, rtol=1e-5)
    np.testing.assert_allclose(fitted.predict_log_proba(X), np.log(probabilities), rtol=1e-4, atol=1e-5)
    two = QUICK().fit(X, LABELS > 4)
    logits = two.model_.predict(X[:, None])
    np.testing.assert_array_equal(two.decision_function(X), logits[:, 1] - logits[:, 0])
    np.testing.assert_array_equal(two.predict(X), two.decision_function(X) > 0)


def test_the_accuracy_counts_weights():
    weight = np.random.default_rng(0).integers(0, 5, 200)
    fitted = QUICK(epochs=1, lr=0.0).fit(X, LABELS, weight)
    right = fitted.predict(X) == LABELS
    assert fitted.history_["accuracy"] == pytest.approx([np.average(right, weights=weight)])


def test_a_class_without_weight_is_still_a_class():
    fitted = QUICK().fit(X, LABELS, LABELS != 3)
    assert fitted.predict_proba(X).shape == (200, 10)
    assert 3 not in fitted.predict(X)


def test_parts_name_all_classes_first():
    fitted = QUICK().partial_fit(X[LABELS < 5], LABELS[LABELS < 5], classes=range(10))
    fitted.partial_fit(X, LABELS, sample_weight=np.ones(200))
    np.testing.assert_array_equal(fitted.classes_, range(10))
    with pytest.raises(ValueError, match=r"classes: got None, needs the labels of all samples to come"):
        QUICK().partial_fit(X, LABELS)
    with pytest.raises(ValueError, match=r"classes: got range\(0, 9\), needs those of the first call"):
        fitted.partial_fit(X, LABELS, classes=range(9))
    with pytest.raises(ValueError, match=r"y: got the label 10, needs labels of classes_"):
        fitted.partial_fit(X, LABELS + 1)
    with pytest.raises(ValueError, match=r"class_weight: got 'balanced', needs None or a dict: a part "):
        QUICK(class_weight="balanced").partial_fit(X, LABELS, classes=range(10))


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        (
            "even",
            "ConvClassifier: class_weight: got 'even', needs a dict of label and weight, 'balanced' or None",
        ),
        ([1.0] * 10, r"ConvClassifier: class_weight: got \[1.0, 1.0, "),
        (dict.fromkeys(range(10), 0.0), "ConvClassifier: class_weight: got zero for each sample"),
        ({99: 1}, "are not in class_weight"),
    ],
)
def test_class_weights_that_are_none(class_weight, message):
    with pytest.raises(ValueError, match=message):
        QUICK(class_weight=class_weight).fit(X, LABELS)


def test_one_class_is_no_classification():
    with pytest.raises(ValueError, match=r"^ConvClassifier: y: got 1 class, \['a'\], needs at least 2"):
        QUICK().fit(X, ["a"] * 200)


def test_other_labels_after_a_warm_start():
    fitted = QUICK(warm_start=True).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"y: got the label 'digit 0', needs labels of classes_"):
        fitted.fit(X, NAMES)


def test_a_pipeline_that_is_searched():
    steps = pipeline.make_pipeline(preprocessing.MinMaxScaler(), QUICK(image_shape=(8, 8)))
    grid = {"convclassifier__lr": [1e-5, 1e-2]}
    search = selection.GridSearchCV(steps, grid, cv=2).fit(X.reshape(200, 64), NAMES)
    assert search.best_params_ == {"convclassifier__lr": 1e-2}
    assert search.score(X.reshape(200, 64), NAMES) > 0.95


def test_calibrated_probabilities():
    calibrated = calibration.CalibratedClassifierCV(QUICK(), cv=2).fit(X, NAMES)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert calibrated.score(X, NAMES) > 0.9


def test_metadata_is_routed():
    weight = np.where(LABELS == 3, 0.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        steps = pipeline.make_pipeline(
            preprocessing.MinMaxScaler(), QUICK().set_fit_request(sample_weight=True)
        ).fit(X.reshape(200, 64), LABELS, sample_weight=weight)
    assert 3 not in steps.predict(X.reshape(200, 64))


@pytest.fixture
def _the_kernels_again():
    """What the one process has set for itself."""
    yield
    fastconv.backend("numba")


@pytest.mark.usefixtures("_the_kernels_again")
def test_workers_give_the_same_scores():
    """Two processes, each with a backend of its own."""

    def model(input_shape, outputs, seed):
        fastconv.backend("reference")
        return fastconv.models.build("derivation_mlp", input_shape, outputs, seed)

    estimator = ConvClassifier(model, epochs=8, lr=0.01, random_state=0)
    scores = [selection.cross_val_score(estimator, X, NAMES, cv=2, n_jobs=jobs) for jobs in (1, 2)]
    np.testing.assert_array_equal(*scores)
    assert min(scores[0]) > 0.7
