"""Pictures of trainings and models, as figures of matplotlib: `pip install 'fastconv[plots]'`.

Every function returns a new `matplotlib.figure.Figure`: `figure.savefig("name.png")` writes it, and a
notebook shows it as a cell's value. No window opens, and `matplotlib.pyplot` does not know of it.
"""

from fastconv.plots.answers import wrong
from fastconv.plots.epochs import curves
from fastconv.plots.gradient import saliency
from fastconv.plots.maps import feature_maps
from fastconv.plots.matrix import confusion
from fastconv.plots.profile import times
from fastconv.plots.weights import filters

__all__ = ["confusion", "curves", "feature_maps", "filters", "saliency", "times", "wrong"]
