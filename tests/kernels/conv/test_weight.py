"""The sum of a weight gradient is cut by shapes alone: into parts, and into panels where threads are left."""

import numpy as np
import pytest

from fastconv import reference
from fastconv.kernels.conv import weight
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.engine import jit, machine
from tests.kernels.conv.cases import channels_last, integers, normal

LANES = machine.lanes(np.float32)
LAYERS = {
    "chunks": problem((16, LANES + 3, 17, 18), (7 * LANES, LANES + 3, 3, 3), 1, 1, 1, 1, np.float32, False),
    "joined": problem((9, 3, 20, 31), (5 * LANES + 1, 3, 5, 5), 1, 1, 1, 1, np.float32, False),
    "groups": problem((24, 35, 17, 18), (5 * LANES, 7, 2, 3), 1, 0, 1, 5, np.float32, False),
}
THREADS = [1, 2, 3, 40]


def arrays(draw):
    """Input and output gradient of the layer of several groups."""
    rng = np.random.default_rng(0)
    x, dy = draw(rng, (24, 35, 17, 18), np.float32), draw(rng, (24, 5 * LANES, 16, 16), np.float32)
    return channels_last(x), channels_last(dy)


def gradients(x, dy, monkeypatch):
    """What the jobs for so many threads make; who runs them changes nothing."""
    plan = weight.plan(LAYERS["groups"].any_batch)
    assert plan.geometry.panels == 5
    assert weight._cut(plan.geometry, len(x), x.itemsize).parts == 2
    for threads in THREADS:
        monkeypatch.setattr(weight, "get_num_threads", lambda threads=threads: threads)
        yield plan.run(x.transpose(0, 2, 3, 1).ravel(), dy.transpose(0, 2, 3, 1).ravel(), len(x))


def test_every_part_and_panel_is_summed_once(monkeypatch):
    x, dy = arrays(integers)
    exact = reference.conv2d_weight(x, (5 * LANES, 7, 2, 3), dy, groups=5)
    for gradient in gradients(x, dy, monkeypatch):
        np.testing.assert_array_equal(gradient, exact)


def test_the_number_of_threads_changes_no_bit(monkeypatch):
    first, *others = gradients(*arrays(normal), monkeypatch)
    for other in others:
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("images", [1, 2, 7, 100, 3000])
def test_a_sum_is_cut_into_even_blocks_and_few_parts(name, images):
    g = weight.plan(LAYERS[name].any_batch).geometry
    cut = weight._cut(g, images, 4)
    row_blocks = -(-g.outputs_h // cut.block_rows)
    assert cut.blocks == -(-images // cut.block_images) * row_blocks
    assert cut.block_images == 1 or cut.block_rows == g.outputs_h
    assert 1 <= cut.parts <= min(weight.PARTS, cut.blocks)
    assert cut.parts == machine.power_of_two(cut.parts)
    assert cut.parts == 1 or images * g.outputs_h * g.outputs_w >= cut.parts * weight.PART_WORK
    assert cut.parts * g.panels * weight._sum_size(g) * 4 <= weight.SUMS_BYTES


def test_the_sums_of_large_filters_are_not_cut():
    """Their parts would not fit."""
    p = problem((64, 2048, 14, 14), (2048, 2048, 3, 3), 1, 1, 1, 1, np.float32, False)
    assert weight._cut(weight.plan(p.any_batch).geometry, 64, 4).parts == 1


def test_a_cut_knows_no_threads(monkeypatch):
    """Not even through what it keeps."""
    monkeypatch.setattr(jit, "_threads", 1)
    g = weight.plan(LAYERS["chunks"].any_batch).geometry
    before = weight._cut.__wrapped__(g, 64, 4)
    monkeypatch.setattr(jit, "_threads", 2)
    assert weight._cut.__wrapped__(g, 64, 4) == before
