"""Modules of PyTorch without modules inside, each as the layer of the same name and settings."""

import difflib
import inspect
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.pytorch.numbers import array_of

OTHER_NAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "Softmax2d": ("Softmax", {"dim": 1}),
    "UpsamplingNearest2d": ("Upsample", {}),
    "UpsamplingBilinear2d": ("Upsample", {}),
}
"""Modules that a layer of another name computes, and settings that they have no attribute for."""
CONTAINERS = nn.Layer, nn.Sequential, nn.Residual, nn.Concat, nn.Graph
"""Layers whose modules are looked into."""
WITHOUT_EFFECT = {"inplace", "device", "dtype", "args", "kwargs", "init", "_weight", "seed"}
"""Arguments of PyTorch's that change no result, or say where numbers come from that are copied anyway."""
PADS = {"reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}
"""What pads in the way that a convolution's `padding_mode` says."""
NEAREST = {
    "SELU": "ELU", "CELU": "ELU", "RReLU": "LeakyReLU", "Softsign": "Tanh",
    "Softmin": "Softmax", "LPPool2d": "AvgPool2d", "RMSNorm": "LayerNorm", "LogSigmoid": "Sigmoid",
    "AlphaDropout": "Dropout", "FractionalMaxPool2d": "AdaptiveMaxPool2d", "SyncBatchNorm": "BatchNorm2d",
}  # fmt: skip
"""What stands nearest to modules whose name does not tell it."""


class Leaves:
    """Makes layers, each once, and remembers the types of numbers that it converted."""

    def __init__(self) -> None:
        self.converted: set[str] = set()
        self.functions: dict[Any, tuple[nn.Layer, Any]] = {}
        """The layers of functions that were given a weight, by what they were given."""
        self._made: dict[int, nn.Layer] = {}

    def of(self, module: Any, place: str) -> nn.Layer:
        """The layer of a module that `known` knows; ValueError, naming the place, for its other settings."""
        if id(module) not in self._made:
            try:
                self._made[id(module)] = self._new(module)
            except (TypeError, ValueError) as error:
                name = type(module).__name__
                message = str(error).removeprefix(f"{name}: ")
                raise ValueError(f"from_module: {placed(place, name)}: {message}") from None
        return self._made[id(module)]

    def _new(self, module: Any) -> nn.Layer:
        refuse_hooks(module)
        kind, fixed = _layer(module)
        if (mode := getattr(module, "padding_mode", "zeros")) in PADS:
            fits = f"padding=0 and a {PADS[mode]}{kind.__name__[-2:]} before it would fit"
            raise ValueError(f"padding_mode: got {mode!r}, needs 'zeros'; {fits}")
        layer: nn.Layer = kind(**_arguments(module, kind), **fixed)
        for name, array in {**layer.parameters(), **layer.buffers()}.items():
            self.fill(array, getattr(module, name))
            if name in layer.parameters() and not getattr(module, name).requires_grad:
                layer.freeze(name)
        return layer

    def fill(self, array: np.ndarray, tensor: Any) -> None:
        """Copies a tensor's numbers."""
        numbers = array_of(tensor)
        if str(tensor.dtype).endswith("16"):
            self.converted.add(str(tensor.dtype).removeprefix("torch."))
        array[...] = numbers


def known(module: Any) -> bool:
    """Whether a module with this forward, PyTorch's or fastconv's, is a layer without layers inside."""
    return _layer(module)[0] is not None


def unknown(module: Any, place: str) -> ValueError:
    """The error for a module of PyTorch's own that fastconv has no layer for."""
    name = type(module).__name__
    return ValueError(f"from_module: {placed(place, name)}: {nearest(name)}")


def nearest(name: str) -> str:
    """What is needed in place of what fastconv lacks."""
    plain = name.replace("_", "").lower()
    layers = {other.lower(): other for other in nn.__all__ if not other.endswith("Loss")}
    layers |= {other.lower(): fits for other, fits in NEAREST.items()}
    close = difflib.get_close_matches(plain, layers, n=1, cutoff=0.7)
    return f"needs a layer that fastconv.nn has, too{f'; {layers[close[0]]} is near' if close else ''}"


def placed(place: str, name: str) -> str:
    """Where something stands, for an error."""
    return f"in {place} ({name})" if place else name


def refuse_hooks(module: Any) -> None:
    """ValueError for hooks, which may change what a module computes."""
    if module._forward_hooks or module._forward_pre_hooks:
        raise ValueError("got a forward hook, which no layer has, needs a module without; remove it")


def _class(module: Any) -> type | None:
    """PyTorch's class, or one of `modules`, whose forward this module has; None for one of its own."""
    for kind in type(module).__mro__:
        if kind.__module__.startswith(("torch.nn.modules.", "fastconv.interop.pytorch.")):
            return kind if type(module).forward is getattr(kind, "forward", None) else None
    return None


def _layer(module: Any) -> tuple[Any, dict[str, Any]]:
    """The class of layer that computes what the module does, if any, and settings that it has no name for."""
    name, fixed = OTHER_NAMES.get(own.__name__, (own.__name__, {})) if (own := _class(module)) else ("", {})
    layer = vars(nn)[name] if name in nn.__all__ else None
    fits = isinstance(layer, type) and issubclass(layer, nn.Layer) and layer not in CONTAINERS
    return (layer if fits else None), fixed


def _arguments(module: Any, kind: Any) -> dict[str, Any]:
    """The constructor's arguments for `kind`, read from the module; ValueError for settings that it lacks."""
    ours = inspect.signature(kind).parameters
    for name, parameter in inspect.signature(_class(module) or kind).parameters.items():
        if name in WITHOUT_EFFECT or name in ours:
            continue
        value, needed = getattr(module, name, parameter.default), parameter.default
        if name == "bias":  # there is one where there is a weight
            value, needed = value is not None, module.weight is not None
        if value != needed:
            raise ValueError(f"{name}: got {value!r}, needs {needed!r}")
    found = {name: getattr(module, name) for name in ours.keys() - WITHOUT_EFFECT if hasattr(module, name)}
    if kind is nn.Affine:
        found = {name: None if array is None else tuple(array.shape) for name, array in found.items()}
    elif "bias" in found:
        found["bias"] = found["bias"] is not None
    if "dtype" in ours:
        tensors = (getattr(module, name, None) for name in ("weight", "running_mean"))
        double = any(str(tensor.dtype) == "torch.float64" for tensor in tensors if tensor is not None)
        found["dtype"] = np.float64 if double else np.float32
    return found
