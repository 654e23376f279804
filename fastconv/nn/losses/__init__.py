"""Losses: a number that training makes small, and its gradient with respect to the model's output."""

from fastconv.nn.losses.base import Loss, LossBackward
from fastconv.nn.losses.binary import BCELoss, BCEWithLogitsLoss
from fastconv.nn.losses.classes import CrossEntropyLoss, NLLLoss
from fastconv.nn.losses.distance import HuberLoss, L1Loss, MSELoss, SmoothL1Loss
