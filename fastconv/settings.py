"""Settings of the compiled kernels.

>>> fastconv.config(winograd=False)            # for the process, from here on
>>> with fastconv.config(winograd=False):      # until the end of this block, in all threads
...     model.predict(images)
"""

import threading
from types import TracebackType
from typing import Any

from fastconv import backends
from fastconv.choices import Choices
from fastconv.kernels.conv import winograd as algorithm

_SETTINGS: dict[str, Any] = {"winograd": algorithm.enable, "plan": backends.plan}
"""The function that sets each."""
_chosen = {name: Choices(True) for name in _SETTINGS}
_lock = threading.Lock()
_UNSET: Any = object()


class config:  # noqa: N801 - called like a function, as `backend` is
    """Set what is given, for the process; as a context manager, take it back at the end.

    winograd: whether convolutions of stride 1 may use Winograd's algorithm where it is faster
    (the default). It rounds differently from the direct algorithm (the README has the bound), and an
    infinity or a NaN reaches all outputs of a block of 4x4 that reads it.
    plan: whether predictions and training steps are recorded once and then run as a whole (the default), or
    layer by layer, with the same bits.
    Raises TypeError for anything but True and False.
    """

    def __init__(self, *, winograd: bool = _UNSET, plan: bool = _UNSET) -> None:
        given = {"winograd": winograd, "plan": plan}
        given = {name: value for name, value in given.items() if value is not _UNSET}
        if not given:
            raise TypeError("config: got nothing, needs winograd or plan")
        for name, value in given.items():
            if not isinstance(value, bool):
                raise TypeError(f"config: {name}: got {value!r}, needs True or False")
        self._given = given
        with _lock:
            for name, value in given.items():
                before = _chosen[name].now
                _chosen[name].choose(value, self)
                _put_in_force(name, before)

    def __enter__(self) -> "config":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _lock:
            for name in self._given:
                before = _chosen[name].now
                _chosen[name].take_back(self)
                _put_in_force(name, before)


def _put_in_force(name: str, before: bool) -> None:
    if _chosen[name].now != before:  # else what follows from the settings would be found anew for nothing
        _SETTINGS[name](_chosen[name].now)
