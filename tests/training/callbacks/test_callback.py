import pytest

from fastconv.training.callbacks import Callback
from tests.training.callbacks.training import Recorder, X, Y, trainer


def test_hooks_are_called_in_order():
    always, once = Recorder(), Recorder()
    subject = trainer(callbacks=[always])
    subject.fit(X, Y, batch_size=10, epochs=1, validation_data=(X, Y), callbacks=[once], progress=False)
    expected = [
        "fit begins",
        "epoch 0 begins",
        "batch 0: loss",
        "batch 1: loss",
        "epoch 0 ends: loss, accuracy, val_loss, val_accuracy",
        "epoch 0 is saved",
        "fit ends",
    ]
    assert always.calls == once.calls == expected
    subject.fit(X, Y, batch_size=20, progress=False)
    assert len(always.calls) > len(once.calls) == len(expected)


def test_the_end_is_told_also_after_an_error():
    class Failing(Callback):
        def on_batch_end(self, trainer, batch, logs):
            raise RuntimeError("on purpose")

    recorder = Recorder()
    with pytest.raises(RuntimeError, match="on purpose"):
        trainer().fit(X, Y, callbacks=[Failing(), recorder], progress=False)
    assert recorder.calls[-1] == "fit ends"


def test_a_callback_stops_the_training_after_the_batch():
    class Stop(Callback):
        def on_batch_end(self, trainer, batch, logs):
            trainer.stop_training = batch == 1

    recorder = Recorder()
    history = trainer().fit(X, Y, batch_size=5, epochs=3, callbacks=[Stop(), recorder], progress=False)
    assert [call for call in recorder.calls if call.startswith("batch")] == ["batch 0: loss", "batch 1: loss"]
    assert history.epoch == [0]


def test_what_can_be_watched_is_known_when_a_fit_begins():
    class Watching(Callback):
        def on_fit_begin(self, trainer):
            seen.append(trainer.figures)

        def on_epoch_end(self, trainer, epoch, logs):
            assert trainer.figures == tuple(logs)

    seen, subject = [], trainer(callbacks=[Watching()])
    assert subject.figures == ()
    subject.fit(X, Y, progress=False)
    subject.fit(X, Y, validation_split=0.2, progress=False)
    assert seen == [("loss", "accuracy"), ("loss", "accuracy", "val_loss", "val_accuracy")]


def test_what_is_saved_has_seen_every_callback():
    seen = []

    class Saving(Callback):
        def on_save(self, trainer, epoch, logs):
            seen.append(list(recorder.calls))

    recorder = Recorder()
    trainer().fit(X, Y, callbacks=[Saving(), recorder], progress=False)
    assert seen[0][-1] == "epoch 0 ends: loss, accuracy"


def test_figures_of_a_callback_are_in_logs_and_history():
    class Counting(Callback):
        def epoch_figures(self, trainer):
            return {"epochs": float(trainer.epochs)}

        def on_epoch_end(self, trainer, epoch, logs):
            assert trainer.figures == tuple(logs) == ("loss", "accuracy", "epochs")

    history = trainer().fit(X, Y, epochs=2, callbacks=[Counting()], progress=False)
    assert history["epochs"] == [0.0, 1.0]
