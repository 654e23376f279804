"""Groups of parameters, each with settings of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from fastconv import validate
from fastconv.attributes import changed
from fastconv.types import Array

Check: TypeAlias = Callable[[str, Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
"""(place, settings, changes) -> the settings with the changes, checked; `place` begins the error's text."""

Needed: TypeAlias = Callable[[Mapping[str, Any]], tuple[str, ...]]
"""settings -> the buffers that they ask for."""

Params: TypeAlias = Mapping[str, Array] | Sequence[Mapping[str, Any]]
"""Parameters by name, or a list of groups: dicts of `params`, parameters by name, and settings."""

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


class Group(Mapping[str, Any]):
    """Some of an optimizer's parameters, and the settings that hold for them, from their next step on.

    It reads as a dict of `params` (name and array) and the settings; a setting is checked when it is set:
    `optimizer.param_groups[0]["lr"] = 0.1`. A scheduler adds `initial_lr`, the rate that it starts from.

    **Arguments:**

    - `place`: where the group stands, which begins the text of an error.
    - `params`: a dict of name and array.
    - `settings`: a dict of all settings.
    - `check`: what checks changes of the settings.
    - `needed`: the buffers that settings ask for.
    """

    def __init__(
        self,
        place: str,
        params: Mapping[str, Array],
        settings: Mapping[str, Any],
        check: Check,
        needed: Needed,
    ) -> None:
        self.params = dict(params)
        self.settings = dict(settings)
        self._place = place
        self._check = check
        self._needed = needed

    def changed(self, changes: Mapping[str, Any], place: str | None = None) -> dict[str, Any]:
        """The settings with these changes, all of them checked; the group stays as it is."""
        return self._check(place or self._place, self.settings, changes)

    def take(self, settings: dict[str, Any]) -> None:
        """Takes over settings that were checked. Plans hold as long as these ask for the same buffers."""
        before, self.settings = self.settings, settings
        if self._needed(before) != self._needed(settings):
            changed()

    def __getitem__(self, name: str) -> Any:
        return self.params if name == "params" else self.settings[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.take(self.changed({name: value}))

    def __iter__(self) -> Iterator[str]:
        return iter(("params", *self.settings))

    def __len__(self) -> int:
        return 1 + len(self.settings)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"Group({len(self.params)} parameters, {settings})"


def grouped(kind: str, params: object) -> list[tuple[Mapping[str, Array], dict[str, Any]]]:
    """The parameters and the own settings of each group; TypeError, ValueError for what are none.

    `params` is a dict of name and array, which makes one group, or a list of groups: dicts of `params` and
    settings. `kind` is the optimizer's name in errors.
    """
    groups: list[tuple[Mapping[str, Array], dict[str, Any]]] = []
    if isinstance(params, Mapping):
        groups.append((params, {}))
    elif isinstance(params, list | tuple):
        for index, group in enumerate(params):
            place = f"params[{index}]"
            if not isinstance(group, Mapping) or not isinstance(group.get("params"), Mapping):
                got = f"a dict of {', '.join(map(str, group))}" if isinstance(group, Mapping) else None
                needs = "a group, as {'params': model.parameters(), 'lr': 0.1}"
                raise validate.wrong_type(kind, place, got or type(group).__name__, needs)
            groups.append((group["params"], {name: group[name] for name in group if name != "params"}))
    else:
        got = type(params).__name__
        raise validate.wrong_type(kind, "params", got, "a dict; model.parameters() would fit")
    _check_arrays(kind, [group for group, _ in groups])
    if not any(group for group, _ in groups):
        got = "an empty dict" if isinstance(params, Mapping) else "groups without parameters"
        raise validate.wrong_value(kind, "params", got, "at least one parameter")
    return groups


def _check_arrays(kind: str, groups: list[Mapping[str, Array]]) -> None:
    """TypeError for what cannot be updated in place, ValueError for what would be updated twice."""
    names: dict[int, str] = {}
    seen: set[str] = set()
    for group in groups:
        for name, p in group.items():
            if not (isinstance(p, np.ndarray) and p.dtype in FLOATS and p.flags.behaved):
                needs = "a writeable, aligned float array: model.parameters() would fit"
                raise validate.wrong_type(kind, "params", f"{_form(p)} for {name}", needs)
            if name in seen:
                raise validate.wrong_value(kind, "params", f"{name} in two groups", "each name once")
            if p.size and (other := names.setdefault(p.ctypes.data, name)) != name:
                raise validate.wrong_value(kind, "params", f"one array as {other} and {name}", "each once")
            seen.add(name)


def _form(value: object) -> str:
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    form = "an array" if value.flags.writeable else "a read-only array"
    return f"{form} of {value.dtype}"
