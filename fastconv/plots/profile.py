"""Where the time of a plan goes, layer by layer."""

from typing import Any

from fastconv import validate
from fastconv.plan.profile import Profile
from fastconv.plots.figure import new_figure

OTHERS = "loss, update"
"""What belongs to no layer."""


def times(profile: Profile) -> Any:
    """A bar for each layer, as long as its operations take in microseconds, in the order of the layers.

    profile: what `trainer.plan.profile()` or `model.plan(input_shape).profile()` measured.
    Returns a `matplotlib.figure.Figure`. TypeError for anything else; ImportError without matplotlib.
    """
    validate.instance("times", "profile", profile, Profile)
    spent = profile.by_layer()
    names = [name or OTHERS for name in spent]
    figure = new_figure("times", 6.5, 1 + 0.25 * len(names))
    axes = figure.subplots()
    bars = axes.barh(names, [1e6 * seconds for seconds in spent.values()], color="#4c72b0")
    axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("microseconds")
    axes.set_title(f"{1e6 * profile.seconds:,.0f} us", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure
