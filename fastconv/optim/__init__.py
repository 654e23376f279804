"""Optimizers with PyTorch's update rules: SGD, Adam, AdamW, RMSprop.

An optimizer is made from a model's live parameters, `optim.SGD(model.parameters(), lr=0.1)`, and updates them
in place. Given a part of them, it trains that part; given groups of them, each has settings of its own:
`optim.SGD([{"params": head, "lr": 0.1}, {"params": body}], lr=0.01)`. The arithmetic is one kernel call for
all parameters of a group. `lr_scheduler` has schedules of the learning rates.
"""

from fastconv.optim import lr_scheduler
from fastconv.optim.adam import Adam, AdamW
from fastconv.optim.clip import clip
from fastconv.optim.optimizer import Optimizer
from fastconv.optim.rmsprop import RMSprop
from fastconv.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop", "clip", "lr_scheduler"]
