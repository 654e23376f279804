"""Who is measured: fastconv and its peers, who computes which rows. Loads none of them."""

from collections.abc import Sequence
from importlib.util import find_spec

OURS = "fastconv"

_IMAGES = ("torch", "torch-channels-last")
_OPTIMIZERS = ("torch", "torch-fused")
_PEERS = {
    "conv": _IMAGES,
    "dense": ("torch", "numpy"),
    "max_pool": _IMAGES,
    "avg_pool": _IMAGES,
    "adaptive_avg_pool": _IMAGES,
    "relu": ("torch",),
    "sigmoid": ("torch",),
    "softmax": ("torch",),
    "cross_entropy": ("torch",),
    "sgd": _OPTIMIZERS,
    "adam": _OPTIMIZERS,
    "network": (*_IMAGES, "jax-nchw", "jax-nhwc", "onnxruntime"),
}
"""Against whom each kind of row is measured. `torch` has images in NCHW and optimizers with foreach."""
_PREDICTING = ("onnxruntime",)
"""Systems that do not train."""

PACKAGES = {"torch": "PyTorch", "jax": "JAX", "onnxruntime": "onnxruntime"}
"""Peers that may be missing. The names of their systems begin with the package."""
_NEEDED = {"onnxruntime": ("onnxruntime", "onnx")}
"""What has to be installed for a peer, where that is not the package alone."""


def installed() -> tuple[str, ...]:
    """Those of `PACKAGES` that are there."""
    return tuple(name for name in PACKAGES if all(map(find_spec, _NEEDED.get(name, (name,)))))


def package(system: str) -> str:
    """The package that a system is of."""
    return system.partition("-")[0]


def systems(kind: str, which: str, packages: Sequence[str]) -> list[str]:
    """Who runs this pass of rows of this kind: fastconv, and its peers as far as their packages take part."""
    left_out = PACKAGES.keys() - {*packages}
    peers = (peer for peer in _PEERS[kind] if package(peer) not in left_out)
    return [OURS, *(peer for peer in peers if which != "train" or peer not in _PREDICTING)]
