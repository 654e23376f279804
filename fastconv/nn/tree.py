"""Parameters and buffers under their names: of a layer, and of the layers inside it."""

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import validate
from fastconv.attributes import Settings, changed
from fastconv.nn.state import fitting
from fastconv.plan.cache import Plans
from fastconv.types import Array

Gradients = dict[str, Array | None]
"""The gradient of the loss with respect to each parameter, by the parameter's name; None of a frozen one."""

Named = TypeVar("Named")

COUNTER = "num_batches_tracked"
"""The buffer that PyTorch added later: a state dict may lack it."""


class Tree(Settings):
    """Arrays of its own, and layers inside: those that are attributes, or what `children` gives."""

    layers_in: ClassVar[tuple[str, ...]] = ()
    """The attributes that hold collections of layers, which `children` knows."""
    decides = True

    def __init__(self) -> None:
        self._parameters = {}
        self._buffers: dict[str, Array] = {}
        self._frozen: frozenset[str] = frozenset()
        self._taken = set[Any]()  # (axes, shape, dtype) of inputs that `predict` has checked
        self._same: tuple[object, dict[str, str]] = (None, {})
        self._plans = Plans()

    @cached_property
    def _parameters(self) -> dict[str, Array]:
        """The parameters of this layer itself; this runs where no constructor has set them."""
        raise TypeError(f"{type(self).__name__}: __init__ did not call super().__init__() first")

    def _made(self) -> None:
        for name, array in self._parameters.items():
            if not isinstance(array, np.ndarray):
                got = f"{type(array).__name__} for {name}"
                raise validate.wrong_type(type(self).__name__, "_parameters", got, "arrays")
        # The constructor may have filled a list after it was set.
        for name, value in vars(self).items():
            self._check_single(name, value)
        super()._made()

    def _checked(self, name: str, value: Any) -> Any:
        self._check_single(name, value)
        if isinstance(value, Tree) and any(inner is self for inner in value.modules()):
            got = "a layer that holds this one"
            raise validate.wrong_value(type(self).__name__, name, got, "one that does not")
        if isinstance(value, Tree) or isinstance(vars(self).get(name), Tree):
            changed()
        return super()._checked(name, value)

    def _check_single(self, name: str, value: Any) -> None:
        """TypeError for layers in a collection, in which `children` does not look."""
        if name not in type(self).layers_in and _holds_layers(value):
            got = f"a {type(value).__name__} of layers"
            needs = "a layer; nn.Sequential(*layers), or an attribute each, would fit"
            raise validate.wrong_type(type(self).__name__, name, got, needs)

    def children(self) -> dict[str, Any]:
        """The layers that are attributes of this one, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tree)}

    def modules(self) -> Iterator[Any]:
        """The layer itself and all layers inside it."""
        yield self
        for layer in self.children().values():
            yield from layer.modules()

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Any]]:
        """The same, each with its name in front, as `3.body.0`; that of the layer itself is `prefix`.

        A layer that occurs twice has the name of its first place, or is there twice without
        `remove_duplicate`.
        """
        seen = set[int]()
        for name, layer in self._named_modules(prefix):
            if not remove_duplicate or id(layer) not in seen:
                yield name, layer
            seen.add(id(layer))

    def _named_modules(self, prefix: str) -> Iterator[tuple[str, Any]]:
        yield prefix, self
        for name, layer in self.children().items():
            yield from layer._named_modules(f"{prefix}.{name}" if prefix else name)

    def initialize(self, rng: np.random.Generator) -> None:
        """Draws the parameters anew, in place: those of each layer inside from its own child stream of `rng`.

        A user's layer overrides this where it has parameters of its own to draw.
        """
        layers = self.children().values()
        for layer, stream in zip(layers, rng.spawn(len(layers)), strict=True):
            layer.initialize(stream)

    def parameters(self) -> dict[str, Array]:
        """The parameter arrays themselves, by name: an optimizer updates them in place.

        Each is there once: those of a layer that occurs twice have the name of its first place.
        """
        found = dict(self._parameters)
        for name, layer in self.children().items():
            found |= prefixed(name, layer.parameters())
        return _each_once(found)

    def buffers(self) -> dict[str, Array]:
        """The arrays that training changes without gradients (running statistics), themselves, by name."""
        found = dict(self._buffers)
        for name, layer in self.children().items():
            found |= prefixed(name, layer.buffers())
        return _each_once(found)

    def generators(self) -> dict[str, np.random.Generator]:
        """The random generators that training draws from, by name: part of what a resumed run needs."""
        found: dict[str, np.random.Generator] = {}
        for name, layer in self.children().items():
            found |= prefixed(name, layer.generators())
        return found

    def state_dict(self) -> dict[str, Array]:
        """Copies of parameters and buffers, under PyTorch's names for the same model.

        Those of a layer that occurs twice are there under both names.
        """
        return {name: array.copy() for name, array in self._state().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Copies arrays (or PyTorch tensors) of these names and shapes into the model, in its dtype.

        Anything that does not fit is a ValueError that lists it, and then nothing has changed. What may be
        missing: the second name of a layer that occurs twice, and how many batches statistics have seen.
        """
        mine = self._state()
        optional = {*self._aliases(), *(name for name in mine if name.split(".")[-1] == COUNTER)}
        for name, array in fitting(type(self).__name__, state, mine, optional).items():
            mine[name][...] = array

    def freeze(self, *names: str) -> None:
        """Leaves parameters as they are in training, from now on: those of these beginnings; all if none.

        `model.freeze("0", "3.body")` means the parameters of these layers, `model.freeze("0.weight")` one.
        No gradient is computed for them; batch norm whose parameters all are frozen, or that has none and is
        named by its layer, keeps its running statistics too and normalises with them. ValueError for a name
        with which no parameter begins.
        """
        self._freeze("freeze", names, frozenset.union)

    def unfreeze(self, *names: str) -> None:
        """Trains parameters again: those whose names begin so; all if none."""
        self._freeze("unfreeze", names, frozenset.difference)

    def frozen(self) -> list[str]:
        """The names of the parameters that training leaves as they are."""
        parameters = self.parameters()
        return [name for name in self._kept() if name in parameters]

    def astype(self, dtype: DTypeLike) -> Self:
        """A copy of the model with all its numbers in float32 or float64; TypeError for another type."""
        kind = validate.float_type(type(self).__name__, "dtype", dtype)
        arrays = [array for array in self._state().values() if array.dtype.kind == "f"]
        # A deep copy takes what it finds here in place of a copy of its own.
        other = copy.deepcopy(self, {id(array): array.astype(kind) for array in arrays})
        for layer in other.modules():
            layer._taken.clear()
            if "dtype" in vars(layer):
                vars(layer)["dtype"] = kind
        return other

    def _freeze(self, function: str, names: tuple[str, ...], change: Callable[..., frozenset[str]]) -> None:
        ids = {id(array) for array in self.parameters().values()}
        ids |= {id(array) for layer in self.modules() for array in layer._freezable().values()}
        named = {name: id(array) for name, array in self._state().items() if id(array) in ids}
        for name in names:
            if not isinstance(name, str):
                raise validate.wrong_type(function, "names", repr(name), "names of parameters or layers")
            if not any(_begins(key, name) for key in named):
                needs = f"what a parameter's name begins with: {validate.listed(list(named))}"
                raise validate.wrong_value(function, "names", repr(name), needs)
        chosen = {at for key, at in named.items() if not names or any(_begins(key, name) for name in names)}
        for layer in self.modules():
            own = [name for name, array in layer._freezable().items() if id(array) in chosen]
            layer._frozen = change(layer._frozen, own)
        changed()

    def _kept(self) -> list[str]:
        """The names of all that is frozen: parameters, and the statistics of layers that have none."""
        ids = {id(layer._freezable()[name]) for layer in self.modules() for name in layer._frozen}
        return [name for name, array in {**self.parameters(), **self.buffers()}.items() if id(array) in ids]

    def _freezable(self) -> dict[str, Array]:
        """What freezing this layer itself names: its parameters, or its statistics where it has none."""
        return self._parameters or self._buffers

    def _is_frozen(self) -> bool:
        """Whether there is something of the layer's own that can be frozen, and all of it is."""
        return bool(self._frozen) and len(self._frozen) == len(self._freezable())

    def _gradients(self, **gradients: Callable[[], Array]) -> Gradients:
        """The gradient of each parameter that the layer has, computed where it is trained."""
        frozen = self._frozen
        return {
            name: None if name in frozen else gradient()
            for name, gradient in gradients.items()
            if name in self._parameters
        }

    def _state(self) -> dict[str, Array]:
        """Parameters and buffers themselves, under all their names, in PyTorch's order."""
        if type(self).parameters is not Tree.parameters:  # a user's layer says what its parameters are
            return {**self.parameters(), **self.buffers()}
        found = {**self._parameters, **self._buffers}
        for name, layer in self.children().items():
            found |= prefixed(name, layer._state())
        return found

    def _aliases(self) -> dict[str, str]:
        """The further names of arrays that occur more than once, each with the first."""
        changes, aliases = self._same
        if changes is not Tree.changes:
            changes, first = Tree.changes, dict[int, str]()
            names = {name: first.setdefault(id(array), name) for name, array in self._state().items()}
            aliases = {name: other for name, other in names.items() if name != other}
            self._same = changes, aliases
        return aliases

    def _added_up(self, gradients: Gradients) -> Gradients:
        """Gradients in which each array occurs once: those of a layer that is used twice add up."""
        for alias, name in self._aliases().items():
            if (gradient := gradients.pop(alias, None)) is not None:
                other = gradients.get(name)
                gradients[name] = gradient if other is None else other + gradient
        return gradients


def prefixed(name: str, values: Mapping[str, Named]) -> dict[str, Named]:
    """The parameters, or their gradients, of a layer inside under the names that they have outside.

    `prefixed("body", {"0.weight": dW})` is `{"body.0.weight": dW}`.
    """
    return {f"{name}.{inner}": value for inner, value in values.items()}


def _begins(name: str, beginning: str) -> bool:
    """Whether a parameter has this name or lies in the layer of this name."""
    return f"{name}.".startswith(f"{beginning.rstrip('.')}.")


def _each_once(arrays: dict[str, Array]) -> dict[str, Array]:
    """The arrays without those that are there under an earlier name."""
    names: dict[int, str] = {}
    for name, array in arrays.items():
        names.setdefault(id(array), name)
    return arrays if len(names) == len(arrays) else {name: arrays[name] for name in names.values()}


def _holds_layers(value: Any) -> bool:
    """Whether this is a collection with a layer in it, however deep."""
    inside = value.values() if isinstance(value, dict) else value
    return isinstance(value, dict | list | tuple | set) and any(
        isinstance(inner, Tree) or _holds_layers(inner) for inner in inside
    )
