"""Callbacks: what happens between the steps of `Trainer.fit`.

A callback derives from `Callback` and overrides the hooks that it needs; a plain function of (trainer, epoch,
logs) is one, too, which is called at the end of each epoch. `logs` is a dict of floats: `loss` and the
metrics, at the end of an epoch also those of the validation data (`val_loss`). Setting
`trainer.stop_training = True` ends the training after the current batch.
"""

from fastconv.training.callbacks.callback import Callback, Training
from fastconv.training.callbacks.checkpoint import ModelCheckpoint
from fastconv.training.callbacks.functions import LambdaCallback
from fastconv.training.callbacks.logs import CSVLogger, JSONLogger, LearningRateLogger
from fastconv.training.callbacks.monitor import Monitor
from fastconv.training.callbacks.progress import EpochLines, ProgressBar
from fastconv.training.callbacks.stopping import EarlyStopping, TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "EpochLines",
    "JSONLogger",
    "LambdaCallback",
    "LearningRateLogger",
    "ModelCheckpoint",
    "Monitor",
    "ProgressBar",
    "TerminateOnNaN",
    "Training",
]
