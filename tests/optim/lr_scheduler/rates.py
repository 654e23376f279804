"""An optimizer of two groups, and the rates that a schedule gives them."""

import numpy as np

from fastconv import optim


def optimizer(kind=optim.SGD, lrs=(1.0, 0.5), **settings):
    groups = [{"params": {f"p{index}": np.zeros(1)}, "lr": lr} for index, lr in enumerate(lrs)]
    return kind(groups, lr=1.0, **settings)


def rates(scheduler, steps):
    """The first group's rate at the start and after each step; the second group's is half of it."""
    seen = [scheduler.get_last_lr()]
    for _ in range(steps):
        scheduler.step()
        seen.append(scheduler.get_last_lr())
    first, second = zip(*seen, strict=True)
    np.testing.assert_allclose(second, np.array(first) / 2, rtol=1e-14)
    return list(first)
