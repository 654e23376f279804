"""Winograd's minimal filtering at stride 1: 36 multiplications where a 3x3 filter needs 144.

F(4x4, 3x3) computes 4x4 outputs of one filter from 6x6 inputs (Lavin and Gray, "Fast algorithms for
convolutional neural networks", 2016):

    Y = A^T [ (G w G^T) * (B^T x B) ] A

where * multiplies element by element. Summed over channels, each of the 36 elements is a matrix product of
its own, `tiles x channels` by `channels x filters`, and runs on the register tile. The weight gradient is
F(3x3, 4x4) with 4x4 output gradients in the place of filters, summed over tiles instead of channels.

A larger filter is a sum of squares of 3x3 taps, each on inputs of its own, three pixels apart: to the
products a square is what another set of channels would be. Taps that it misses are zero, and so is then its
element at the point infinity: 5x5 taps need 121 multiplications where 400 were.
"""

from .choice import fused_weight_wins, fused_wins, weight_wins, wins
from .switch import enable, enabled

__all__ = ["enable", "enabled", "fused_weight_wins", "fused_wins", "weight_wins", "wins"]
