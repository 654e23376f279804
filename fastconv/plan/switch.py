"""Whether models are planned, for the process."""

enabled = True


def enable(on: bool) -> None:
    """Plan predictions and steps (the default), or compute layer by layer."""
    global enabled
    enabled = on


def age() -> object:
    """Another object whenever a setting of the kernels changed, on which plans depend."""
    from fastconv.kernels.engine import trace

    return trace.age
