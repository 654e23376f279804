"""The table of objects that a function in machine code gets as its own."""

import numpy as np

from fastconv.kernels.engine.native.entry import head
from fastconv.kernels.engine.native.objects import FIRST


def with_head(*objects):
    own = np.full(FIRST + len(objects), None)
    own[:FIRST] = head()
    own[FIRST:] = objects
    return own
