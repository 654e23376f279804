"""to_module: a model as a PyTorch module."""

from importlib import import_module
from typing import Any

from fastconv import nn, validate
from fastconv.interop.pytorch.numbers import torch_for


def to_module(model: nn.Layer) -> Any:
    """The `torch.nn.Module` of the same layers as `model`, with copies of its parameters and buffers.

    Its state dict has the same names, so that either may load the other's. It is in training mode, as PyTorch
    makes modules; `module.eval()` computes what `model(x)` does. A layer that is there twice is one module.
    ImportError without PyTorch (pip install torch); ValueError for a layer that PyTorch does not have.
    """
    validate.instance("to_module", "model", model, nn.Layer)
    torch = torch_for("to_module")
    module = _Modules(torch).of(model)
    state = {name: torch.from_numpy(array) for name, array in model.state_dict().items()}
    module.load_state_dict(state)
    for name in model.frozen():
        module.get_parameter(name).requires_grad_(False)
    return module


class _Modules:
    """Makes modules, each once."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._own = import_module("fastconv.interop.pytorch.modules")
        self._made: dict[int, Any] = {}

    def of(self, layer: nn.Layer) -> Any:
        """The module of a layer."""
        if id(layer) not in self._made:
            try:
                self._made[id(layer)] = self._new(layer)
            except KeyError as error:  # PyTorch's word for a name that modules have already
                raise ValueError(
                    f"to_module: {type(layer).__name__}: {error.args[0]}, needs another"
                ) from None
        return self._made[id(layer)]

    def _new(self, layer: nn.Layer) -> Any:
        if type(layer) is nn.Sequential:
            module = self._torch.nn.Sequential()
            for name, inner in layer.children().items():
                module.add_module(name, self.of(inner))
            return module
        if type(layer) is nn.Residual:
            ways = layer.children()
            return self._own.Residual(**{name: self.of(way) for name, way in ways.items()})
        if type(layer) is nn.Concat:
            return self._own.Concat(*map(self.of, layer.branches), dim=layer.dim)
        if type(layer) is nn.Graph:
            nodes = layer.reads().items()
            return self._own.Graph({name: (self.of(inner), *sources) for name, (inner, sources) in nodes})
        return self._leaf(layer)

    def _leaf(self, layer: nn.Layer) -> Any:
        """The module of the same name, with the same arguments."""
        name, arguments = type(layer).__name__, layer.config()
        kind = getattr(self._own, name, None) or getattr(self._torch.nn, name, None)
        if _uneven(arguments):
            kind = getattr(import_module("fastconv.interop.pytorch.padded"), name, None)
            if kind is None:
                got = f"padding {arguments['padding']}"
                needs = "the same on both sides, at most half a kernel; a ZeroPad2d before it would fit"
                raise ValueError(f"to_module: {layer!r}: got {got}, needs {needs}")
        if kind is None or type(layer) not in vars(nn).values():
            raise ValueError(f"to_module: got {name}, needs a layer of fastconv.nn, no other class")
        if "dtype" in arguments:
            arguments["dtype"] = getattr(self._torch, arguments["dtype"])
        try:
            return kind(**arguments)
        except (TypeError, ValueError) as error:
            raise ValueError(f"to_module: {layer!r}: {error}") from error


def _uneven(arguments: dict[str, Any]) -> bool:
    """Whether a layer with these settings has a padding that PyTorch's lacks."""
    padding = arguments.get("padding", 0)
    if padding == "same_upper" or "kernel_size" not in arguments:
        return padding == "same_upper"
    if isinstance(padding, tuple | list) and any(isinstance(side, tuple | list) for side in padding):
        return True
    pools = "in_channels" not in arguments
    pairs = zip(_pair(padding), _pair(arguments["kernel_size"]), strict=True) if pools else ()
    return any(2 * side > kernel for side, kernel in pairs)


def _pair(value: Any) -> tuple[int, ...]:
    return validate.per_axis("to_module", "padding", value, 0)
