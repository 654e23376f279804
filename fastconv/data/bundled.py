"""The data set that comes with the package; `digits.md` beside it has source, licence and checksum."""

from pathlib import Path

import numpy as np

from fastconv.data.dataset import Dataset, as_labels, dataset, split

FILE = Path(__file__).with_name("digits.npz")
SOURCE = (
    "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, "
    "doi:10.24432/C50P49, CC BY 4.0 (its 1797 test images)"
)


def digits() -> Dataset:
    """Handwritten digits: 1797 grey images of 8x8 pixels, 10 classes, about a fifth of each set apart.

    Which images are for the test was fixed once (seed 0) and is the same on every machine.
    """
    with np.load(FILE, allow_pickle=False) as arrays:
        images = arrays["images"].astype(np.float32)[:, np.newaxis] / np.float32(16)
        labels = as_labels(arrays["labels"], "digits")
    train, test = split((images, labels), 0.2, seed=0, where="digits")
    return dataset(train, test, SOURCE, "digits")
