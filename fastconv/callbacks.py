"""The callbacks of a training, and what one of your own derives from and sees."""

from fastconv.training.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    EpochLines,
    JSONLogger,
    LambdaCallback,
    LearningRateLogger,
    ModelCheckpoint,
    Monitor,
    ProgressBar,
    TerminateOnNaN,
    Training,
)

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
