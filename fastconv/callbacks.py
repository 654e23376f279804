"""The callbacks of a training, and what one of your own derives from and sees."""

from fastconv.training.callbacks import (
    Callback,
    EarlyStopping,
    EpochLines,
    ProgressBar,
    TerminateOnNaN,
    Training,
)

__all__ = ["Callback", "EarlyStopping", "EpochLines", "ProgressBar", "TerminateOnNaN", "Training"]
