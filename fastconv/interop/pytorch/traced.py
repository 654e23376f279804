"""Modules with a forward of their own, followed by `torch.export`, as containers of layers."""

import inspect
from importlib import import_module
from typing import Any

from fastconv import nn
from fastconv.interop.pytorch.leaves import Leaves, known, nearest, placed
from fastconv.interop.pytorch.nesting import Step, nested
from fastconv.interop.pytorch.operations import TABLE
from fastconv.interop.pytorch.operations.base import Operation, Value, flat, free_name, sizes
from fastconv.interop.pytorch.operations.elementwise import JOINS
from fastconv.nn.base import INPUT

VIEWS = {"aten::view", "aten::reshape", "aten::unflatten", "aten::_unsafe_view"}
"""Operations whose shapes may name the number of samples."""
EXPAND = "aten::expand"
"""The same, of values alone."""


def model_of(torch: Any, module: Any, example_input: Any, leaves: Leaves) -> nn.Layer:
    """The layers that compute what the module does in evaluation; ValueError for what they can't."""
    program = _exported(torch, module, example_input)
    trace = _Trace(torch, module, program, leaves)
    return nested(trace.steps, trace.output)


def _exported(torch: Any, module: Any, example_input: Any) -> Any:
    """The module's graph in evaluation, for any number of samples."""
    example = _batch(torch, module, example_input)
    export = import_module("torch.export")
    shapes: Any = ({0: export.Dim.AUTO},)
    first = next(iter(inspect.signature(module.forward).parameters.values()), None)
    if first is not None and first.kind is first.VAR_POSITIONAL:
        shapes = (shapes,)
    try:
        with torch.no_grad():
            return export.export(module, (example,), dynamic_shapes=shapes)
    except Exception as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ValueError(
            f"from_module: torch.export can't follow {type(module).__name__}: {reason}"
        ) from error


def _batch(torch: Any, module: Any, example_input: Any) -> Any:
    """The example as a tensor of the module's type, with two samples: one would stand for itself alone."""
    needs = "a batch (N, ...): a tensor or an array"
    try:
        example = torch.as_tensor(example_input)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"from_module: example_input: got {type(example_input).__name__}, needs {needs}"
        ) from None
    if not example.ndim or not len(example):
        raise ValueError(f"from_module: example_input: got shape {tuple(example.shape)}, needs {needs}")
    for parameter in module.parameters():
        example = example.to(parameter.device, parameter.dtype if example.is_floating_point() else None)
        break
    return torch.cat([example[:1], example[:1]])


class _Trace:
    """A graph's operations as steps, each a layer with the names of what it reads."""

    def __init__(self, torch: Any, module: Any, program: Any, leaves: Leaves) -> None:
        self._torch, self._leaves = torch, leaves
        self._modules = dict(module.named_modules(remove_duplicate=False))
        self._values: dict[Any, Any] = {}
        self._aliases: dict[Any, Any] = {}
        self._names: dict[tuple[Any, ...], str] = {}
        self._order = {node: number for number, node in enumerate(program.graph.nodes)}
        self._kind = ""
        self.steps: dict[str, Step] = {}
        self.output = INPUT
        self._inputs(program)
        for node in program.graph.nodes:
            if node.op == "call_function":
                self._values[node] = self._computed(node)
                self._overwritten(node)
            elif node.op == "output":
                self._end(node)
            elif node.op != "placeholder":
                raise ValueError(
                    f"from_module: got {node.op} {node.target}, needs a graph without control flow"
                )

    def _inputs(self, program: Any) -> None:
        """The input and the module's numbers."""
        kinds = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
        tensors = {**program.constants, **dict(program.state_dict)}
        inputs = []
        for node in program.graph.nodes:
            if node.op == "placeholder":
                target = kinds[node.name].target
                self._values[node] = tensors[target] if target is not None else None
                if target is None:
                    inputs.append(node)
        (node,) = inputs
        shape, self._kind = sizes(node.meta["val"]), str(node.meta["val"].dtype)
        if isinstance(shape[0], int):
            needs = "a forward for any number of samples"
            raise ValueError(f"from_module: the module fixes the batch's size, needs {needs}")
        self._values[node] = Value(INPUT, shape)

    def _computed(self, node: Any) -> Any:
        """What a node gives: a step's value, a tensor of fixed numbers, or something else of Python's."""
        given = self._given(node)
        read = [value for value in flat(given.values()) if isinstance(value, Value)]
        result = node.meta.get("val")
        if not hasattr(node.target, "_schema"):  # Python's own: an item of a list, sizes that are computed
            items = list(given.values())
            return items[0][items[1]] if isinstance(items[0], list | tuple) else result
        if not read:
            return self._constant(node)
        if not hasattr(result, "shape") and not isinstance(result, list | tuple):
            return result  # a size, or a check of one
        if node.target._schema.name != EXPAND:
            self._refuse_open(node, given)
        if _kind(node) not in JOINS:
            self._refuse_expanded(node)
        kind = str((result[0] if isinstance(result, list | tuple) else result).dtype)
        if kind != self._kind:
            raise ValueError(f"from_module: {node.name}: got {kind}, needs {self._kind} throughout")
        place, call, leaf = self._place(node)
        if leaf is not None:
            name = self._step(place, call, leaf, read)
            several = isinstance(result, list | tuple)  # maxima and their indices
            value = Value(name, sizes(result[0] if several else result))
            return [value] if several else value
        return self._operation(node, given, place, result)

    def _given(self, node: Any) -> dict[str, Any]:
        """The arguments by name, values in place of nodes."""
        schema = getattr(node.target, "_schema", None)
        args = self._torch.fx.map_arg((node.args, node.kwargs), lambda inner: self._values[inner])
        values, named = args
        if schema is None:
            return dict(enumerate(values))  # type: ignore[arg-type]
        given = {**dict(zip((a.name for a in schema.arguments), values, strict=False)), **named}
        return {a.name: given.get(a.name, a.default_value) for a in schema.arguments}

    def _refuse_open(self, node: Any, given: dict[str, Any]) -> None:
        """ValueError for numbers that depend on the batch's size, but for the shapes of views."""
        kinds = self._torch.SymInt, self._torch.SymFloat
        if node.target._schema.name in VIEWS or not any(isinstance(v, kinds) for v in flat(given.values())):
            return
        needs = "the same for any"
        raise ValueError(
            f"from_module: {node.name}: got a number that depends on the batch's size, needs {needs}"
        )

    def _refuse_expanded(self, node: Any) -> None:
        """ValueError for a node that reads an expanded value, whose step gives fewer numbers."""
        for inner in node.all_input_nodes:
            value = self._values[inner]
            if isinstance(value, Value) and value.shape != sizes(inner.meta["val"]):
                needs = "arithmetic of it and a value of the whole shape"
                raise ValueError(f"from_module: {node.name}: got an expanded value, needs {needs}")

    def _constant(self, node: Any) -> Any:
        """Numbers that depend on no input, computed once; a parameter in another shape is one to train."""
        args, kwargs = self._torch.fx.map_arg((node.args, node.kwargs), lambda inner: self._values[inner])
        schema = node.target._schema
        if schema.is_mutable and node.target.__name__ != "detach_.default":
            raise ValueError(
                f"from_module: {node.name} writes into the module's numbers, needs one that does not"
            )
        if isinstance(node.meta.get("val"), self._torch.Tensor):
            self._refuse_open(node, self._given(node))
        if self._torch.Tag.nondeterministic_seeded in node.target.tags:
            raise ValueError(f"from_module: {node.name} draws random numbers, needs fixed ones")
        with self._torch.no_grad():
            result = node.target(*args, **kwargs)
        view = bool(schema.arguments) and schema.arguments[0].alias_info is not None
        if view and getattr(args[0], "requires_grad", False) and result.numel() == args[0].numel():
            return result.detach().requires_grad_()
        return result

    def _place(self, node: Any) -> tuple[tuple[str, ...], Any, Any]:
        """The names of the modules around a node, and the call of the module that is a layer, with it."""
        names: tuple[str, ...] = ()
        calls: tuple[Any, ...] = ()
        outer = ""
        for call, (path, _) in (node.meta.get("nn_module_stack") or {}).items():
            if path not in self._modules:
                continue
            inside = path.removeprefix(f"{outer}.") if path.startswith(f"{outer}.") or not outer else path
            *between, own = inside.split(".")
            module, calls, outer = self._modules[path], (*calls, call), path
            for part in between:  # a list of modules, which is never called
                names = (*names, self._unique(names, part, part))
            if known(module):
                return (*names, own), calls, module
            if path:
                names = (*names, self._unique(names, own, calls))
        return names, None, None

    def _unique(self, around: tuple[str, ...], name: str, call: Any) -> str:
        """A name of its own for each call among those around it."""
        taken = {INPUT, *(other for (place, _), other in self._names.items() if place == around)}
        return self._names.setdefault((around, call), free_name(name, taken))

    def _step(self, place: tuple[str, ...], call: Any, module: Any, read: list[Value]) -> str:
        """The name of the step of a module's call; what several operations of it read is read once."""
        *around, own = place
        name = ".".join((*around, self._unique(tuple(around), own, call)))
        layer = self._leaves.of(module, ".".join(place))
        earlier = self.steps[name].reads if name in self.steps else ()
        read = [value for value in read if layer.takes_several or value.name not in earlier]
        more = [value.name for value in read if value.name != name]
        self.steps[name] = Step(layer, (*earlier, *more))
        return name

    def _operation(self, node: Any, given: dict[str, Any], place: tuple[str, ...], result: Any) -> Any:
        """An operation in a forward, as what the table of operations makes of it."""
        kind = _kind(node)
        make = TABLE.get(kind)
        shown = placed(".".join(place), f"{kind} at {node.name}" if place else kind)
        if make is None:
            raise ValueError(f"from_module: {shown}: {nearest(kind)}")

        def add(layer: nn.Layer, *reads: Value, shape: Any = None) -> Value:
            name = ".".join((*place, self._unique(place, kind, len(self.steps))))
            self.steps[name] = Step(layer, tuple(value.name for value in reads))
            return Value(name, sizes(result) if shape is None else shape)

        try:
            return make(Operation(given, result, self._leaves, add))
        except (TypeError, ValueError) as error:
            raise ValueError(f"from_module: {shown}: {error}") from None

    def _overwritten(self, node: Any) -> None:
        """From here on, what an operation in place has written over is its result."""
        schema = getattr(node.target, "_schema", None)
        if schema is None or not node.args:
            return
        source, result = node.args[0], self._values[node]
        first = schema.arguments[0].alias_info
        if first is None or not isinstance(result, Value | list | tuple):
            return
        if not first.is_write:  # a view
            self._aliases[node] = self._aliases.get(source, source)
            return
        old, root = self._values[source], self._aliases.get(source, source)
        for other in self._order:
            same = other is root or self._aliases.get(other) is root
            if self._values.get(other) is old:
                self._values[other] = result
            elif same and other is not node and any(self._order[u] > self._order[node] for u in other.users):
                needs = "an operation that is not in place"
                raise ValueError(
                    f"from_module: {node.name} writes into what {other.name} sees, needs {needs}"
                )

    def _end(self, node: Any) -> None:
        self._refuse_expanded(node)
        outputs = [self._values[inner] for inner in node.all_input_nodes]
        if len(outputs) != 1 or not isinstance(outputs[0], Value):
            raise ValueError(f"from_module: got {len(outputs)} outputs, needs one that depends on the input")
        self.output = outputs[0].name


def _kind(node: Any) -> str:
    """The name of a node's operation, without what says that it is in place."""
    name: str = node.target._schema.name.removeprefix("aten::").rstrip("_")
    return name
