"""One parameter, and what steps of an optimizer make of it."""

import numpy as np


def one(value=1.0, dtype=np.float64):
    return {"p": np.array([value, 2.0], dtype)}


def stepped(optimizer, *gradients):
    for gradient in gradients:
        optimizer.step({"p": np.array([gradient, 0.0])})
    return optimizer.parameters["p"][0]
