"""What every optimizer has: groups of parameters that it updates in place, settings, and a state."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from fastconv import backends, validate
from fastconv.attributes import Checks, Settings, changed
from fastconv.optim import arguments, states
from fastconv.optim.cohorts import Cohort, regrouped
from fastconv.optim.groups import Group, Params, grouped
from fastconv.types import Array


def setting(name: str) -> Any:
    """A setting as an attribute: reads that of the first group; what is set holds for all groups."""

    def read(self: "Optimizer") -> Any:
        return self.param_groups[0].settings[name]

    def write(self: "Optimizer", value: Any) -> None:
        new = [group.changed({name: value}, type(self).__name__) for group in self.param_groups]
        for group, settings in zip(self.param_groups, new, strict=True):
            group.take(settings)

    return property(read, write, doc=f"The first group's {name}; setting it sets that of all groups.")


class Optimizer(Settings):
    """Parameters in groups, and a state that grows with each step.

    A rule defines `_update`, or names the backend's function, `rule`, and its `_numbers`; it names in
    `hyperparameters` its settings, in `checks` what checks them, and in `buffers` the arrays that it keeps
    beside each parameter. `param_groups` lists the groups, each of which reads and is set like a dict:
    `optimizer.param_groups[1]["lr"] = 1e-4`. The settings are attributes, too: `optimizer.lr` is the first
    group's, and `optimizer.lr = 1e-4` sets that of every group. Both hold from the next step on. `parameters`
    has the arrays of all groups by name.

    **Arguments:**

    - `params`: a dict of name and array, the parameters themselves: `model.parameters()`, or some of them. Or
      a list of groups: dicts of `params` and of those settings that differ from the optimizer's.
    - `settings`: the settings of groups that have none of their own, by name.
    """

    fixed = ("parameters", "param_groups", "steps")
    checks: ClassVar[Checks] = {
        "lr": arguments.size,
        "initial_lr": arguments.size,
        "weight_decay": arguments.size,
    }
    rule: ClassVar[str]
    """The backend's function."""
    buffers: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    """Those of the buffers that some settings do without."""
    hyperparameters: tuple[str, ...] = ("lr", "weight_decay")
    lr = setting("lr")
    weight_decay = setting("weight_decay")

    def __init__(self, params: Params, **settings: Any) -> None:
        kind = type(self).__name__
        defaults = self._changed(kind, {}, settings)
        groups: list[Group] = []
        for index, (group, own) in enumerate(grouped(kind, params)):
            complete = self._changed(f"{kind}: params[{index}]", defaults, own) if own else defaults
            place = f"{kind}: param_groups[{index}]"
            groups.append(Group(place, group, complete, self._changed, self._needed))
        self.param_groups = tuple(groups)
        self.parameters: dict[str, Array] = {
            name: array for group in self.param_groups for name, array in group.params.items()
        }
        self._idle: set[str] = set()
        self._cohorts = [
            Cohort(group, names=list(group.params), arrays=list(group.params.values()))
            for group in self.param_groups
        ]

    @property
    def steps(self) -> int:
        """How many updates a parameter has had: the most of any, where gradients were None."""
        return max(cohort.steps for cohort in self._cohorts)

    def step(self, grads: Mapping[str, Array | None]) -> None:
        """One update of the parameters in place, from gradients of their names, shapes and dtypes.

        A parameter whose gradient is None stays as it is, with its buffers and its own number of steps.
        Gradients of other names are left alone; one that is missing or does not fit is a ValueError.
        """
        if not isinstance(grads, Mapping):
            got = type(grads).__name__
            raise TypeError(f"{type(self).__name__}: gradients: got {got}, needs a dict of name and array")
        for cohort, gradients in self._given(grads):
            self._apply(cohort, gradients)
            cohort.advance()

    def _given(self, grads: Mapping[str, Array | None]) -> Iterator[tuple[Cohort, list[Any]]]:
        """The cohorts that are updated, each with its gradients, after those were checked."""
        idle: set[str] = set()
        for name, p in self.parameters.items():
            g = grads[name] if name in grads else self._missing(name)
            if g is None:
                idle.add(name)
            elif not isinstance(g, np.ndarray) or g.shape != p.shape or g.dtype != p.dtype:
                got = f"{g.dtype} of shape {g.shape}" if isinstance(g, np.ndarray) else type(g).__name__
                needs = f"{p.dtype} of shape {p.shape}"
                raise ValueError(f"{type(self).__name__}: gradient of {name}: got {got}, needs {needs}")
        if idle != self._idle:
            self._cohorts, self._idle = regrouped(self._cohorts, idle), idle
        for cohort in self._cohorts:
            if not cohort.idle:
                yield cohort, [grads[name] for name in cohort.names]

    def trace(self, grads: Mapping[str, Array | None]) -> None:
        """What `step` does with arrays, for a plan that runs it later: no update is counted."""
        for cohort, gradients in self._given(grads):
            self._apply(cohort, gradients)

    def advance(self) -> list[tuple[Any, ...]]:
        """Counts an update that a plan does; what the rule of each cohort is told then."""
        told = []
        for cohort in self._cohorts:
            if not cohort.idle:
                told.append(self._numbers(cohort.group.settings, cohort.steps + 1, cohort.fresh))
                cohort.advance()
        return told

    def arrays(self) -> list[Array]:
        """The parameters and the buffers themselves."""
        buffers = (array for cohort in self._cohorts for own in cohort.state.values() for array in own)
        return [*self.parameters.values(), *buffers]

    def _apply(self, cohort: Cohort, gradients: list[Any]) -> None:
        """Updates the parameters of a cohort, after the buffers that its settings ask for are there."""
        settings = cohort.group.settings
        for buffer in self._needed(settings):
            if buffer not in cohort.state:
                cohort.state[buffer] = [np.zeros_like(p) for p in cohort.arrays]
                cohort.fresh = True
        self._update(settings, cohort.arrays, gradients, cohort.state, cohort.steps + 1, cohort.fresh)

    @classmethod
    def _needed(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """The buffers that the settings ask for."""
        return cls.buffers

    def _update(
        self,
        settings: Mapping[str, Any],
        parameters: list[Array],
        gradients: list[Array],
        state: Mapping[str, list[Array]],
        step: int,
        first: bool,
    ) -> None:
        """The rule: changes parameters and buffers in place.

        `settings` are those of the group, `state` has the buffers by name, `step` counts from 1; `first`
        while a buffer is still zero.
        """
        arrays = (state.get(buffer, []) for buffer in self.buffers)
        update = getattr(backends.active(), self.rule)
        update(parameters, gradients, *arrays, *self._numbers(settings, step, first))

    def _numbers(self, settings: Mapping[str, Any], step: int, first: bool) -> tuple[Any, ...]:
        """What the backend's function is told beside the arrays, as `_update` is."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that a later run needs: arrays, and what JSON can hold.

        `param_groups` has the names and the settings of each group, `steps` the number of each parameter's
        updates, and each of the buffers its arrays; all by the parameters' names.
        """
        groups = [{"params": list(group.params), **group.settings} for group in self.param_groups]
        cohorts = {name: cohort for cohort in self._cohorts for name in cohort.names}
        state: dict[str, Any] = {
            "param_groups": groups,
            "steps": {name: cohorts[name].steps for name in self.parameters},
        }
        for buffer in self.buffers:
            arrays = {
                name: array.copy()
                for cohort in self._cohorts
                for name, array in zip(cohort.names, cohort.state.get(buffer, ()), strict=False)
            }
            if arrays:
                state[buffer] = {name: arrays[name] for name in self.parameters if name in arrays}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes over what `state_dict` gave; a ValueError for what does not fit, and nothing has changed."""
        function = f"{type(self).__name__}: state"
        if not isinstance(state, Mapping):
            raise TypeError(f"{function}: got {type(state).__name__}, needs what state_dict gave")
        if "param_groups" not in state:
            state = states.of_one_group(state, self.hyperparameters, list(self.parameters))
        expected = {"param_groups", "steps"}
        if set(state) - set(self.buffers) != expected:
            needs = sorted(expected | set(self.buffers))
            raise ValueError(f"{function}: got {sorted(state)}, needs {needs}")
        names = [list(group.params) for group in self.param_groups]
        saved = states.settings(function, state["param_groups"], names, self.hyperparameters)
        settings = [
            self._changed(f"{function}: param_groups[{index}]", {}, own) for index, own in enumerate(saved)
        ]
        steps = states.steps(function, state["steps"], self.parameters)
        held = {
            buffer: states.arrays(
                function,
                buffer,
                state.get(buffer, {}),
                self.parameters,
                [] if buffer in self.optional else [name for name in steps if steps[name]],
            )
            for buffer in self.buffers
        }
        cohorts = []
        for group, new in zip(self.param_groups, settings, strict=True):
            group.settings = new
            for name, p in group.params.items():
                cohort = Cohort(group, steps[name])
                cohort.add(name, p, {buffer: held[buffer][name] for buffer in held if name in held[buffer]})
                cohorts.append(cohort)
        self._cohorts, self._idle = regrouped(cohorts, set()), set()
        changed()

    @classmethod
    def _changed(cls, place: str, settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with these changes, each checked, then all together; `place` begins the error."""
        known = (*cls.hyperparameters, "initial_lr")
        for name in changes:
            if name not in known:
                raise validate.wrong_value(place, "settings", repr(name), f"one of {', '.join(known)}")
        checked = {name: cls.checks[name](place, name, value) for name, value in changes.items()}
        new = {**settings, **checked}
        cls._check_together(place, new)
        return new

    @classmethod
    def _check_together(cls, place: str, settings: Mapping[str, Any]) -> None:
        """ValueError for settings that exclude each other."""

    def _missing(self, name: str) -> Array:
        raise ValueError(
            f"{type(self).__name__}: gradients: got none for {name}, needs one for each parameter"
        )

    def __repr__(self) -> str:
        groups = [
            ", ".join(f"{name}={group.settings[name]!r}" for name in self.hyperparameters)
            for group in self.param_groups
        ]
        return f"{type(self).__name__}({' | '.join(groups)})"
