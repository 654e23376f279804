"""Settings of the compiled kernels.

>>> fastconv.config(winograd=False)            # for the process, from here on
>>> with fastconv.config(winograd=False):      # until the end of this block, in all threads
...     model.predict(images)
"""

from types import TracebackType

from fastconv.kernels.conv import winograd as algorithm


class config:  # noqa: N801 - called like a function, as `backend` is
    """Set what is given, for the process; as a context manager, restore the earlier settings at the end.

    winograd: whether convolutions of stride 1 may use Winograd's algorithm where it is faster
    (the default). It rounds differently from the direct algorithm (the README has the bound), and an
    infinity or a NaN reaches all outputs of a block of 4x4 that reads it.
    Raises TypeError for anything but True and False.
    """

    def __init__(self, *, winograd: bool) -> None:
        if not isinstance(winograd, bool):
            raise TypeError(f"config: winograd: got {winograd!r}, needs True or False")
        self._before = algorithm.enabled()
        algorithm.enable(winograd)

    def __enter__(self) -> "config":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        algorithm.enable(self._before)
