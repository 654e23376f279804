"""A small training, and a callback that records its calls."""

import numpy as np

from fastconv import nn, optim
from fastconv.training.callbacks import Callback
from fastconv.training.trainer import Trainer

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
Y = np.random.default_rng(1).integers(0, 2, 20)


def trainer(**arguments):
    model = nn.Linear(3, 2, seed=0)
    return Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), **arguments)


class Recorder(Callback):
    def __init__(self):
        self.calls = []

    def on_fit_begin(self, trainer):
        self.calls.append("fit begins")

    def on_epoch_begin(self, trainer, epoch):
        self.calls.append(f"epoch {epoch} begins")

    def on_batch_end(self, trainer, batch, logs):
        self.calls.append(f"batch {batch}: {', '.join(logs)}")

    def on_epoch_end(self, trainer, epoch, logs):
        assert trainer.history.history["loss"][epoch] == logs["loss"]
        self.calls.append(f"epoch {epoch} ends: {', '.join(logs)}")

    def on_save(self, trainer, epoch, logs):
        self.calls.append(f"epoch {epoch} is saved")

    def on_fit_end(self, trainer):
        self.calls.append("fit ends")
