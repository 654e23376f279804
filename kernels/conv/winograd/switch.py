"""Whether Winograd's algorithm may be used, for the process."""

from ...engine import trace
from ...engine.replay import forget

_enabled = True


def enable(on: bool) -> None:
    """Use Winograd's algorithm where it is faster (the default), or the direct one everywhere."""
    global _enabled
    _enabled = on
    trace.renew()
    forget()


def enabled() -> bool:
    """Whether Winograd's algorithm may be used."""
    return _enabled
