import pytest

from fastconv.training.callbacks import EarlyStopping, LambdaCallback
from fastconv.training.callbacks.listed import listed, restored
from fastconv.training.trainer import Trainer
from tests.training.callbacks.training import Recorder, X, Y, trainer


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([Recorder(), 3], "got int, needs a Callback"),
        ([EarlyStopping], r"got the class EarlyStopping, needs a Callback: EarlyStopping\(...\) would fit"),
        (3, "got 3, needs a list of callbacks"),
        (None, "got None, needs a list of callbacks"),
        (EarlyStopping(), r"got EarlyStopping, needs a list of callbacks: \[callback\] would fit"),
    ],
)
def test_other_objects_are_no_callbacks(callbacks, message):
    with pytest.raises(TypeError, match=f"^Trainer: callbacks: {message}$"):
        trainer(callbacks=callbacks)
    with pytest.raises(TypeError, match=f"^fit: callbacks: {message}$"):
        trainer().fit(X, Y, callbacks=callbacks)
    with pytest.raises(TypeError, match=f"^resume: callbacks: {message}$"):
        Trainer.resume("nothing", callbacks=callbacks)


def test_a_function_is_called_at_the_end_of_each_epoch():
    seen = []

    def note(trainer, epoch, logs):
        seen.append((epoch, list(logs)))

    class Object:
        def __call__(self, trainer, epoch, logs):
            seen.append(epoch)

    subject = trainer(callbacks=[note])
    (made,) = subject.callbacks
    assert isinstance(made, LambdaCallback)
    subject.fit(X, Y, epochs=2, callbacks=[Object()], progress=False)
    assert seen == [(0, ["loss", "accuracy"]), 0, (1, ["loss", "accuracy"]), 1]


def test_callbacks_get_their_states_back_by_class_and_order():
    first, second, other = EarlyStopping(), EarlyStopping(), Recorder()
    saved = {"best": 0.5, "best_epoch": 3, "wait": 1, "parameters": None}
    states = [("EarlyStopping", saved), ("EarlyStopping", {**saved, "wait": 2})]
    restored([first, other, second], states)
    assert (first.best_epoch, first.wait, second.wait) == (3, 1, 2)
    with pytest.warns(UserWarning, match="saved with a EarlyStopping, which this fit lacks"):
        restored([other, second], states)
    assert listed("fit", iter([first, other])) == (first, other)
