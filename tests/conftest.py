"""Settings that hold for every test."""

import os
from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# A child process that a test starts imports the same checkout and draws without a display.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ["MPLBACKEND"] = "Agg"

# The same examples in every run; the first call of a kernel compiles it, so no deadline.
settings.register_profile("fastconv", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("fastconv")
