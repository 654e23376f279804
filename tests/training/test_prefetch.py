"""Augmentation in a thread ahead of the step."""

import threading
import traceback

import numpy as np
import pytest

from fastconv import nn, optim
from fastconv.backends import active
from fastconv.data.augment import Compose, Flip, Mixup, Noise, Shift
from fastconv.training import prefetch
from fastconv.training.callbacks import Callback
from fastconv.training.trainer import Trainer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(37, 1, 6, 6)).astype(np.float32)
Y = RNG.integers(0, 3, 37)
CHANGE = Compose([Shift(1), Flip(), Noise(0.1), Mixup(0.4, classes=3)])


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastconv-augment")]


def trainer():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3), seed=0)
    return Trainer(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.01))


def fit(subject, augment=CHANGE, **arguments):
    settings = {"batch_size": 8, "progress": False, "augment": augment, **arguments}
    return subject.fit(X, Y, **settings)


def same_bits(a, b):
    for name, array in a.model.parameters().items():
        np.testing.assert_array_equal(array, b.model.parameters()[name], name)


def test_each_batch_is_changed_by_its_own_random_numbers():
    found, expected = trainer(), trainer()
    fit(found, epochs=2, seed=3)
    for epoch in range(2):
        order = np.random.default_rng((3, epoch)).permutation(37)
        for number in range(5):
            rows = order[8 * number : 8 * number + 8]
            expected.step(*CHANGE(X[rows], Y[rows], np.random.default_rng((3, epoch, number + 1))))
    same_bits(found, expected)


def test_a_resumed_run_has_the_same_bits(tmp_path):
    class Saving(Callback):
        def on_epoch_end(self, trainer, epoch, logs):
            if epoch == 1:
                trainer.save(tmp_path / "run.safetensors")

    whole = trainer()
    history = fit(whole, epochs=4, callbacks=[Saving()])
    resumed = Trainer.resume(tmp_path / "run.safetensors")
    assert fit(resumed, epochs=4).history == history.history
    same_bits(whole, resumed)
    parts = trainer()
    fit(parts, epochs=3)
    fit(parts, epochs=1)
    same_bits(whole, parts)


def test_seeds():
    first, other, random, again = trainer(), trainer(), trainer(), trainer()
    for subject, seed in ((first, 0), (other, 1), (random, None), (again, None)):
        fit(subject, seed=seed, shuffle=False)
    weights = [subject.model.parameters()["0.weight"].tobytes() for subject in (first, other, random, again)]
    assert len(set(weights)) == 4


def test_only_training_is_augmented():
    seen = []

    def change(x, y, rng):
        seen.append(len(x))
        return x, y

    plain, changed = trainer(), trainer()
    assert (
        fit(plain, None, validation_split=0.2).history == fit(changed, change, validation_split=0.2).history
    )
    assert seen == [8, 8, 8, 5]


def test_batches_are_taken_here_and_changed_in_one_other_thread():
    taken, changed = [], []

    class Source:
        def __iter__(self):
            for start in range(0, 32, 8):
                taken.append(threading.get_ident())
                yield X[start : start + 8], Y[start : start + 8]

    def change(x, y, rng):
        changed.append((threading.get_ident(), active().__name__))
        return x, y

    trainer().fit(Source(), augment=change, progress=False)
    assert set(taken) == {threading.get_ident()}
    (only,) = set(changed)
    assert only[0] != threading.get_ident()
    assert only[1] == "fastconv.reference"


def test_few_batches_wait():
    ahead = []

    class Source:
        def __iter__(self):
            for start in range(20):
                ahead.append(start)
                yield X[:2], Y[:2]

    class Watching(Callback):
        def on_batch_end(self, trainer, batch, logs):
            assert len(ahead) <= batch + 1 + prefetch.DEPTH

    trainer().fit(Source(), augment=Flip(), callbacks=[Watching()], progress=False)
    assert len(ahead) == 20


def failing(at):
    calls = []

    def fails_in_here(x, y, rng):
        calls.append(1)
        if len(calls) == at:
            raise ZeroDivisionError("the third batch")
        return x, y

    return fails_in_here


def test_an_error_comes_with_its_traceback_when_its_batch_is_due():
    steps = []

    class Counting(Callback):
        def on_batch_end(self, trainer, batch, logs):
            steps.append(batch)

    with pytest.raises(ZeroDivisionError, match="the third batch") as caught:
        fit(trainer(), failing(3), callbacks=[Counting()])
    assert steps == [0, 1]
    assert "fails_in_here" in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_fit_leaves_no_thread(error):
    class Interrupting(Callback):
        def on_batch_end(self, trainer, batch, logs):
            raise error

    subject = trainer()
    with pytest.raises(error):
        fit(subject, callbacks=[Interrupting()])
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastconv-augment")]
    assert fit(subject, epochs=1).epoch == [0]


def test_training_that_stops_early():
    class Stopping(Callback):
        def on_batch_end(self, trainer, batch, logs):
            trainer.stop_training = True

    assert len(fit(trainer(), epochs=3, callbacks=[Stopping()]).epoch) == 1


@pytest.mark.parametrize(
    ("augment", "error", "message"),
    [
        (Flip, TypeError, r"augment: got the class Flip, needs None or a function .*: Flip\(...\) would fit"),
        (
            [Flip()],
            TypeError,
            r"augment: got \[Flip.*\], needs None or .*: augment.Compose\(\[...\]\) would fit",
        ),
        (3, TypeError, r"augment: got 3, needs None or a function of \(x, y, rng\)$"),
        (lambda x, y, rng: x, TypeError, r"augment: got ndarray from <lambda>, needs a tuple \(x, y\)"),
        (lambda x, y, rng: (x.astype(float), y), TypeError, "augment: x: got float64, needs float32"),
        (lambda x, y, rng: (x, y[1:]), ValueError, r"augment: y: got shape \(7,\), needs 8 samples, as"),
        (
            lambda x, y, rng: (x[:4], y[:4]),
            ValueError,
            r"augment: x: got shape \(4, 1, 6, 6\), needs 8 samples",
        ),
        (lambda x, y, rng: (x.tolist(), y), TypeError, "augment: x: got list, needs a numpy.ndarray"),
    ],
)
def test_what_does_not_fit(augment, error, message):
    with pytest.raises(error, match=f"^fit: {message}"):
        fit(trainer(), augment)


def test_what_model_and_loss_refuse():
    with pytest.raises(ValueError, match=r"target: got [345] at index \d, needs 0 to 2"):
        fit(trainer(), lambda x, y, rng: (x, y + 3))
    with pytest.raises(ValueError, match=r"in 3 \(Linear\): got 16 features, needs 64"):
        fit(trainer(), lambda x, y, rng: (x[:, :, 2:, 2:], y))


def test_weights_stay_with_their_samples():
    found, expected = trainer(), trainer()
    weights = np.linspace(0, 1, 37)
    fit(found, lambda x, y, rng: (x, y), sample_weight=weights)
    fit(expected, None, sample_weight=weights)
    same_bits(found, expected)


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_function_may_write_into_what_it_gets(shuffle):
    def change(x, y, rng):
        x += 1
        y[:] = 0
        return x, y

    before = X.copy(), Y.copy()
    fit(trainer(), change, shuffle=shuffle)
    trainer().fit([(X, Y)], augment=change, progress=False)
    assert np.array_equal(X, before[0])
    assert np.array_equal(Y, before[1])
