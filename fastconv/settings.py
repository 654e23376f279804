"""Settings of the compiled kernels.

>>> fastconv.config(winograd=False)            # for the process, from here on
>>> with fastconv.config(winograd=False):      # until the end of this block, in all threads
...     model.predict(images)
"""

from types import TracebackType

from fastconv.kernels.conv import winograd as algorithm
from fastconv.plan import switch


class config:  # noqa: N801 - called like a function, as `backend` is
    """Set what is given, for the process; as a context manager, restore the earlier settings at the end.

    winograd: whether convolutions of stride 1 may use Winograd's algorithm where it is faster
    (the default). It rounds differently from the direct algorithm (the README has the bound), and an
    infinity or a NaN reaches all outputs of a block of 4x4 that reads it.
    plan: whether predictions and training steps are recorded once and then run as a whole (the default), or
    layer by layer, with the same bits.
    Raises TypeError for anything but True and False.
    """

    def __init__(self, *, winograd: bool | None = None, plan: bool | None = None) -> None:
        given = {"winograd": winograd, "plan": plan}
        if winograd is None and plan is None:
            raise TypeError(f"config: got nothing, needs one of {', '.join(given)}")
        for name, value in given.items():
            if value is not None and not isinstance(value, bool):
                raise TypeError(f"config: {name}: got {value!r}, needs True or False")
        self._before = algorithm.enabled(), switch.enabled
        self._set(winograd, plan)

    def _set(self, winograd: bool | None, plan: bool | None) -> None:
        if winograd is not None and winograd != algorithm.enabled():
            algorithm.enable(winograd)
        if plan is not None:
            switch.enable(plan)

    def __enter__(self) -> "config":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._set(*self._before)
