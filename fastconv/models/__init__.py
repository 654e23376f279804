"""Ready networks: the two of the derivation, and the usual small image classifiers.

Every model ends in logits: train it with `CrossEntropyLoss`, or `BCEWithLogitsLoss` where it has one output.
`build` makes any of them for given images and classes; `names` lists them.
"""

from fastconv.models.classics import digits, lenet5, mnist_cnn, vgg_cifar
from fastconv.models.derivation import derivation_cnn, derivation_mlp
from fastconv.models.table import build, names

__all__ = [
    "build",
    "derivation_cnn",
    "derivation_mlp",
    "digits",
    "lenet5",
    "mnist_cnn",
    "names",
    "vgg_cifar",
]
