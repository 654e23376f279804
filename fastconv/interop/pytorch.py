"""Models for PyTorch: the same layers, under the same names, with the same numbers."""

import importlib
from collections.abc import Callable
from typing import Any

from fastconv import nn, validate
from fastconv.nn.base import INPUT


def to_module(model: nn.Layer) -> Any:
    """The `torch.nn.Module` of the same layers as `model`, with copies of its parameters and buffers.

    Its state dict has the same names, so that either may load the other's. It is in training mode, as PyTorch
    makes modules; `module.eval()` computes what `model(x)` does. A layer that is there twice is one module.
    ImportError without PyTorch (pip install torch); ValueError for a layer that PyTorch does not have.
    """
    validate.instance("to_module", "model", model, nn.Layer)
    try:
        torch = importlib.import_module("torch")
    except ImportError as error:
        raise ImportError("to_module: needs PyTorch: pip install torch") from error
    module = _Modules(torch).of(model)
    state = {name: torch.from_numpy(array) for name, array in model.state_dict().items()}
    module.load_state_dict(state)
    for name in model.frozen():
        module.get_parameter(name).requires_grad_(False)
    return module


class _Modules:
    """Makes modules, each once."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self._made: dict[int, Any] = {}

    def of(self, layer: nn.Layer) -> Any:
        """The module of a layer."""
        if id(layer) not in self._made:
            containers: dict[type[nn.Layer], Callable[[Any], Any]] = {
                nn.Sequential: self._sequential,
                nn.Residual: self._residual,
                nn.Concat: self._concat,
                nn.Graph: self._graph,
            }
            self._made[id(layer)] = containers.get(type(layer), self._leaf)(layer)
        return self._made[id(layer)]

    def _leaf(self, layer: nn.Layer) -> Any:
        """The module of the same name, with the same arguments."""
        kind = getattr(self.torch.nn, type(layer).__name__, None)
        arguments = layer.config()
        if kind is None or type(layer) not in vars(nn).values():
            raise ValueError(f"to_module: got {type(layer).__name__}, needs a layer that torch.nn has, too")
        padding = arguments.get("padding", 0)
        if isinstance(padding, tuple | list) and any(isinstance(side, tuple | list) for side in padding):
            raise ValueError(f"to_module: {layer!r}: got padding {padding}, needs the same on both sides")
        if "dtype" in arguments:
            arguments["dtype"] = getattr(self.torch, arguments["dtype"])
        try:
            return kind(**arguments)
        except (TypeError, ValueError) as error:
            raise ValueError(f"to_module: {layer!r}: {error}") from error

    def _sequential(self, layer: nn.Sequential) -> Any:
        module = self.torch.nn.Sequential()
        for name, inner in layer.children().items():
            module.add_module(name, self.of(inner))
        return module

    def _container(self, forward: Callable[[Any, Any], Any], **children: nn.Layer) -> Any:
        """A module with these inside, that computes `forward`."""
        kind = type("Container", (self.torch.nn.Module,), {"forward": forward})
        module = kind()
        for name, inner in children.items():
            module.add_module(name, self.of(inner))
        return module

    def _residual(self, layer: nn.Residual) -> Any:
        if layer.shortcut is None:
            return self._container(lambda module, x: module.body(x) + x, body=layer.body)
        return self._container(
            lambda module, x: module.body(x) + module.shortcut(x), body=layer.body, shortcut=layer.shortcut
        )

    def _concat(self, layer: nn.Concat) -> Any:
        module = self._container(
            lambda module, x: self.torch.cat([branch(x) for branch in module.branches], layer.dim)
        )
        module.branches = self.torch.nn.ModuleList(map(self.of, layer.children().values()))
        return module

    def _graph(self, layer: nn.Graph) -> Any:
        joins: dict[type[nn.Layer], Callable[..., Any]] = {
            nn.Add: lambda add, *values: sum(values[1:], values[0]),
            nn.Concatenate: lambda concatenate, *values: self.torch.cat(values, concatenate.dim),
        }

        def forward(module: Any, x: Any) -> Any:
            values = {INPUT: x}
            for name, (inner, sources) in layer.reads().items():
                given = [values[source] for source in sources]
                join = joins.get(type(inner))
                values[name] = join(inner, *given) if join else getattr(module, name)(*given)
            return values[name]

        inside = {name: inner for name, inner in layer.children().items() if type(inner) not in joins}
        return self._container(forward, **inside)
