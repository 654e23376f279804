"""Random changes of training images, from which a network learns what does not matter.

Each is made with its settings and then called with a batch: `(images, labels, rng) -> (images, labels)`.
Images are float32 or float64 (N, C, H, W); what comes back has their type, and they stay as they are. All
randomness comes from `rng`, a `numpy.random.Generator`, so that one seed gives the same bits again.
`Trainer.fit(..., augment=...)` takes one of them, a `Compose` of several, or a function of one's own with the
same arguments.

>>> from fastconv.data import augment
>>> augment.Compose([augment.Crop(32, padding=4), augment.Flip()])
Compose([Crop(size=(32, 32), padding=(4, 4), fill=0.0), Flip(p=0.5, vertical=0.0)])
"""

from fastconv.data.augment.compose import Compose
from fastconv.data.augment.mixup import Mixup
from fastconv.data.augment.moves import Crop, Flip, Shift
from fastconv.data.augment.normalize import Normalize
from fastconv.data.augment.pixels import Cutout, Noise
from fastconv.data.augment.rotate import Rotate

__all__ = [
    "Compose",
    "Crop",
    "Cutout",
    "Flip",
    "Mixup",
    "Noise",
    "Normalize",
    "Rotate",
    "Shift",
]
