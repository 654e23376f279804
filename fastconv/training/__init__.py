"""The training loop, and what it works with: batches, metrics, callbacks, checkpoints."""

from fastconv.training.callbacks import Callback
from fastconv.training.history import History
from fastconv.training.trainer import Trainer

__all__ = ["Callback", "History", "Trainer"]
