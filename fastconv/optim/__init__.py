"""Optimizers with PyTorch's update rules: SGD, Adam, AdamW.

An optimizer is made from a model's live parameters, `optim.SGD(model.parameters(), lr=0.1)`, and updates them
in place. Given a part of them, it trains that part. The arithmetic is one kernel call for all parameters
together.
"""

from fastconv.optim.adam import Adam, AdamW
from fastconv.optim.clip import clip
from fastconv.optim.optimizer import Optimizer
from fastconv.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "clip"]
