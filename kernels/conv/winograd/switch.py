"""Whether Winograd's algorithm may be used, for the process."""

from ...engine import trace

_enabled = True


def enable(on: bool) -> None:
    """Use Winograd's algorithm where it is faster (the default), or the direct one everywhere."""
    global _enabled
    _enabled = on
    trace.renew()


def enabled() -> bool:
    """Whether Winograd's algorithm may be used."""
    return _enabled
