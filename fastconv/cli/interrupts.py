"""Ctrl-C and SIGTERM: heeded while a command computes, held back while it writes."""

import signal
import threading
from types import FrameType
from typing import Any


class Interrupts:
    """Signals that raise KeyboardInterrupt, but between `hold` and `release`, and are noted in `came`.

    What was set otherwise stays: a signal that is ignored, or has a handler that is not Python's own.
    """

    def __init__(self) -> None:
        self.came = False
        self._held = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
                    self._before[number] = signal.signal(number, self._come)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def hold(self) -> None:
        """From now on note the signals only."""
        self._held = True

    def release(self) -> None:
        """Heed them again; KeyboardInterrupt where one came meanwhile."""
        self._held = False
        if self.came:
            raise KeyboardInterrupt

    def _come(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        if not self._held:
            raise KeyboardInterrupt
