"""The switch of Winograd's algorithm."""

_enabled = True


def winograd(on: bool) -> None:
    """Use Winograd's algorithm where it is faster (the default), or the direct one everywhere."""
    global _enabled
    _enabled = bool(on)


def enabled() -> bool:
    """Whether Winograd's algorithm may be used."""
    return _enabled
