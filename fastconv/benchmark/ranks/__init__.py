"""What data-parallel training costs: steps of several ranks, and a model of many."""

from fastconv.benchmark.ranks.forecast import Link, forecast
from fastconv.benchmark.ranks.launch import NETWORKS, Figures, measure

__all__ = ["NETWORKS", "Figures", "Link", "forecast", "measure"]
