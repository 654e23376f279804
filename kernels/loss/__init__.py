"""Losses and their gradients: sums in float64, in an order that depends on shapes alone."""

from .binary import (
    binary_cross_entropy,
    binary_cross_entropy_input,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_input,
)
from .cross_entropy import (
    cross_entropy,
    cross_entropy_input,
)
from .distance import (
    huber_loss,
    huber_loss_input,
    l1_loss,
    l1_loss_input,
    mse_loss,
    mse_loss_input,
    smooth_l1_loss,
    smooth_l1_loss_input,
)
from .nll import (
    nll_loss,
    nll_loss_input,
)
