"""Ready networks: the two of the derivation, and the usual small image classifiers.

Every model but the autoencoder ends in logits: train it with `CrossEntropyLoss`, or `BCEWithLogitsLoss`
where it has one output.
`build` makes any of them for given images and classes; `names` lists them.
"""

from fastconv.models.classics import digits, lenet5, mnist_cnn, vgg_cifar
from fastconv.models.derivation import derivation_cnn, derivation_mlp
from fastconv.models.residual import resnet8, resnet20
from fastconv.models.table import build, names
from fastconv.models.tiny import autoencoder, ds_cnn, mobilenet_v1
from fastconv.models.unet import unet_small

__all__ = [
    "autoencoder",
    "build",
    "derivation_cnn",
    "derivation_mlp",
    "digits",
    "ds_cnn",
    "lenet5",
    "mnist_cnn",
    "mobilenet_v1",
    "names",
    "resnet8",
    "resnet20",
    "unet_small",
    "vgg_cifar",
]
