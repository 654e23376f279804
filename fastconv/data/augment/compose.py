"""Several augmentations, one after the other."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.data.augment.base import Augmentation, Change
from fastconv.types import Array


class Compose(Augmentation):
    """Applies augmentations in their order, each to what the one before gave.

    **Arguments:**

    - `steps`: a list of augmentations, or of functions (images, labels, rng) -> (images, labels).
    """

    def __init__(self, steps: Iterable[Change]) -> None:
        self._set(steps=steps)
        self.steps: tuple[Change, ...]

    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The images and labels that the last step gives."""
        for number, step in enumerate(self.steps):
            images, labels = pair_from(f"Compose: step {number}", step, step(images, labels, rng))
        return images, labels

    def _checked(self, name: str, value: Any) -> Any:
        if name != "steps":
            return super()._checked(name, value)
        if not isinstance(value, Iterable):
            hint = ": Compose([...]) would fit" if callable(value) else ""
            raise validate.wrong_type("Compose", name, repr(value), f"a list of augmentations{hint}")
        return tuple(check_change("Compose", f"steps[{k}]", step) for k, step in enumerate(value))

    def __repr__(self) -> str:
        return f"Compose([{', '.join(map(repr, self.steps))}])"


def check_change(function: str, name: str, value: Any) -> Callable[..., Any]:
    """Check that this can be called with a batch: an object, not the class of one."""
    if isinstance(value, type) or not callable(value):
        got = f"the class {value.__name__}" if isinstance(value, type) else repr(value)
        hint = f": {value.__name__}(...) would fit" if isinstance(value, type) else ""
        needs = f"an augmentation, or a function of (images, labels, rng){hint}"
        raise validate.wrong_type(function, name, got, needs)
    return value


def pair_from(function: str, step: Change, result: Any) -> tuple[Array, Array]:
    """What an augmentation returned, as the pair that it has to be."""
    if not isinstance(result, tuple) or len(result) != 2:
        got = f"{type(result).__name__} from {getattr(step, '__name__', type(step).__name__)}"
        raise validate.wrong_type(function, "result", got, "a tuple (images, labels)")
    return result
