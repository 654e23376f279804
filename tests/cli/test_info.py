import platform

import numba
import numpy as np

from fastconv import __version__


def test_versions_and_machine(fastconv):
    result = fastconv("info")
    assert (result.status, result.err) == (0, "")
    start = max(line.index("   ") for line in result.out.splitlines())
    rows = {line[:start].strip(): line[start:].strip() for line in result.out.splitlines()}
    assert rows["fastconv"] == __version__
    assert rows["Python"].startswith(platform.python_version())
    assert rows["NumPy"] == np.__version__
    assert rows["Numba"] == numba.__version__
    for name in ("CPU", "lanes", "threads", "threading layer", "kernel cache"):
        assert rows[name]
