"""The rows that stages read."""

import numpy as np
import pytest

from fastconv.kernels.chain.lines import lines_of, rows_of
from fastconv.kernels.chain.stages import read_stages
from fastconv.kernels.engine import machine, trace


def stages_of(channels, dtype):
    rng = np.random.default_rng(0)
    mean, weight, slopes = (rng.standard_normal(channels).astype(dtype) for _ in range(3))
    var = rng.random(channels).astype(dtype) + dtype(1)
    stages = (
        ("channel_norm", mean, var, weight),
        ("elu", 1.5),
        ("silu",),
        ("prelu", slopes),
        ("add", mean[:1]),
    )
    return read_stages(stages, (2, channels, 3, 3)), mean, var, weight, slopes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 3, 16, 17, 5000])
def test_each_stage_has_its_rows_behind_those_before(channels, dtype):
    stages, mean, var, weight, slopes = stages_of(channels, dtype)
    g = rows_of(channels, np.dtype(dtype))
    assert g.period % g.channels == 0 and (g.period % machine.lanes(dtype) == 0 or channels > 4096)
    bias = np.arange(channels).astype(dtype)
    lines = lines_of(stages, channels, np.dtype(dtype), bias).reshape(7, g.period)
    scale = (1 / np.sqrt(var.astype(np.float64) + 1e-5) * weight).astype(dtype)
    for line, expected in zip(
        lines[[0, 1, 2, 3, 5, 6]],
        [bias, mean, scale, 0 * mean, slopes, np.full_like(mean, mean[0])],
        strict=True,
    ):
        np.testing.assert_array_equal(line, np.tile(expected, g.folds))
    np.testing.assert_array_equal(lines[4, :2], [1.5, 0])


def test_a_plan_sees_that_parameters_alone_make_them():
    """Each launch fills one array, of parameters and of arrays that others filled so."""
    stages, *_ = stages_of(5, np.float32)
    traced = trace.Trace()
    with trace.tracing(traced):
        lines_of(stages, 5, np.dtype(np.float32), np.ones(5, np.float32))
    assert len(traced.launches) == len(traced.settled) == len(traced.made) == 5
    for launch, (filled, fill) in zip(traced.launches, traced.settled, strict=True):
        assert launch.arguments[-1] is filled and len(fill) == 1 and fill[0] is launch
