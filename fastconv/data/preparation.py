"""What happens to an image between its file and the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastconv.data.augment.normalize import Normalize


@dataclass(frozen=True)
class Preparation:
    """How image files became a network's input: what has to be done with another file, to predict from it.

    **Arguments:**

    - `value_range`: the values of grey images that became 0 and 1; None is what each file's type says.
    - `crop`: whether an image of other proportions lost its edges, instead of being stretched.
    - `normalize`: the normalisation of the images in [0, 1], if there was one.
    """

    value_range: tuple[float, float] | None = None
    crop: bool = False
    normalize: Normalize | None = None

    def state_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        normalize = self.normalize and {"mean": list(self.normalize.mean), "std": list(self.normalize.std)}
        return {
            "value_range": self.value_range and list(self.value_range),
            "crop": self.crop,
            "normalize": normalize,
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> "Preparation":
        """What `state_dict` gave; KeyError, TypeError, ValueError for anything else."""
        limits, normalize = state["value_range"], state["normalize"]
        if limits is not None:
            low, high = limits
            limits = float(low), float(high)
        if normalize is not None:
            normalize = Normalize(normalize["mean"], normalize["std"])
        return cls(limits, bool(state["crop"]), normalize)


RAW = Preparation()
"""That of images as they are read, with nothing said."""
