"""from_module: a PyTorch module as a model."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastconv import nn, validate
from fastconv.interop.pytorch import traced
from fastconv.interop.pytorch.leaves import Leaves, known, placed, refuse_hooks, unknown
from fastconv.interop.pytorch.numbers import torch_for
from fastconv.interop.pytorch.operations import TABLE

WRAPPERS = {"OptimizedModule": "_orig_mod", "DataParallel": "module", "DistributedDataParallel": "module"}
"""Modules of PyTorch that run another, and the attribute that it is."""

_logger = logging.getLogger("fastconv")


def from_module(module: Any, example_input: Any = None) -> nn.Layer:
    """The model that computes what `module.eval()` does, with copies of its parameters and buffers.

    `torch.nn.Sequential`, and what `to_module` made, become what they are here, layer by layer. Any other
    module is followed by `torch.export` with `example_input`, a batch (N, ...) that it takes: it has to map
    one tensor (N, ...) to another by operations that fastconv has, and becomes an `nn.Graph` or, where it is
    a chain, an `nn.Sequential`, as do the modules inside it. Names are the module's, so that either loads the
    other's state dict, but for modules that are read or left in the middle: their layers stand beside them
    as `blocks_0`.

    Dropout stays; whatever else a module does in training alone does not. A module that is there twice is one
    layer. Parameters without `requires_grad` are frozen, and numbers that a forward computes from parameters.
    Where a forward reshapes by height and width, the model takes samples of the example's size alone. Numbers
    of half precision become float32, which the logger "fastconv" says once.

    ImportError without PyTorch; TypeError, ValueError for what is no module, and for modules, settings and
    operations that fastconv lacks: the place, and what would fit.
    """
    torch = torch_for("from_module")
    validate.instance("from_module", "module", module, torch.nn.Module)
    _refuse_compiled(torch, module)
    leaves = Leaves()
    with _evaluating(module):
        model = _Containers(torch, leaves).of(module, "", example_input is None)
        if model is None:
            model = traced.model_of(torch, module, example_input, leaves)
    if leaves.converted:
        names = " and ".join(sorted(leaves.converted))
        _logger.warning("from_module: parameters of %s are converted to float32", names)
    return model


def _refuse_compiled(torch: Any, module: Any) -> None:
    """ValueError for what holds a module, or its code, in another form."""
    for place, inner in module.named_modules():
        name = type(inner).__name__
        if isinstance(inner, torch.jit.ScriptModule):
            needs = "one of Python; the module that it was made of would fit"
            raise ValueError(f"from_module: {placed(place, name)}: got a compiled module, needs {needs}")
        if name in WRAPPERS and type(inner).__module__.startswith("torch."):
            needs = f"the module inside; its .{WRAPPERS[name]} would fit"
            raise ValueError(f"from_module: {placed(place, name)}: got a wrapper, needs {needs}")


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """The module in evaluation, then as it was: in training, a spectral norm moves when it is read."""
    modes = [(inner, inner.training) for inner in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for inner, training in modes:
            inner.training = training


class _Containers:
    """Modules with modules inside, each once; what has a forward of its own is none of them."""

    def __init__(self, torch: Any, leaves: Leaves) -> None:
        self._torch, self._leaves = torch, leaves
        self._made: dict[int, nn.Layer] = {}

    def of(self, module: Any, place: str, alone: bool) -> nn.Layer | None:
        """The layer; None where a forward has to be followed, or, if that can't be (`alone`), ValueError."""
        if id(module) not in self._made:
            layer = self._new(module, place, alone)
            if layer is None:
                return None
            self._made[id(module)] = layer
        return self._made[id(module)]

    def _new(self, module: Any, place: str, alone: bool) -> nn.Layer | None:
        torch, name = self._torch, type(module).__name__
        if type(module).forward is torch.nn.Sequential.forward:
            refuse_hooks(module)
            inside = self._inside(dict(module._modules), place, alone)
            if inside is None:
                return None
            numbered = list(inside) == [str(index) for index in range(len(inside))]
            return nn.Sequential(*inside.values()) if numbered else nn.Sequential(inside)
        if type(module).__module__ == "fastconv.interop.pytorch.modules" and list(module.children()):
            return self._own(module, place, alone)
        if known(module):
            return self._leaves.of(module, place)
        if not alone:
            return None
        if type(module).__module__.startswith("torch.nn.modules.") and name.lower() not in TABLE:
            raise unknown(module, place)
        needs = "example_input=..., a batch that the module takes, to follow it"
        raise ValueError(f"from_module: {placed(place, name)}: got a forward of its own, needs {needs}")

    def _own(self, module: Any, place: str, alone: bool) -> nn.Layer | None:
        """One of those that `to_module` makes."""
        name = type(module).__name__
        given = dict(module.branches._modules) if name == "Concat" else dict(module._modules)
        inside = self._inside({key: way for key, way in given.items() if way is not None}, place, alone)
        if inside is None:
            return None
        if name == "Residual":
            return nn.Residual(**inside)
        if name == "Concat":
            return nn.Concat(*inside.values(), dim=module.dim)
        return nn.Graph({key: (inside[key], *sources) for key, sources in module.sources.items()})

    def _inside(self, modules: dict[str, Any], place: str, alone: bool) -> dict[str, nn.Layer] | None:
        """The layers of these modules by their names; None where one of them has to be followed."""
        found = {}
        for name, module in modules.items():
            layer = self.of(module, f"{place}.{name}" if place else name, alone)
            if layer is None:
                return None
            found[name] = layer
        return found
