import pytest

from fastconv.benchmark.rows import parse
from fastconv.benchmark.work import operations, traffic


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("conv 2 3 8 9 | 16 3 5 | padding=1 | c", 2 * 2 * 16 * 8 * 7 * 3 * 15),
        ("conv 2 8 8 8 | 8 3 3 | padding=1 groups=8 | c", 2 * 2 * 8 * 64 * 1 * 9),
        ("conv 1 4 9 9 | 6 3 3 | stride=2 | c", 2 * 6 * 16 * 4 * 9),
        ("dense 64 400 | 120 | bias | d", 2 * 64 * 400 * 120),
        ("relu 64 10 | | | r", 0),
        ("sgd 3x4 | | | s", 0),
    ],
)
def test_operations(line, count):
    row = parse(line)
    assert operations(row, row.passes[0]) == count


def test_operations_of_a_network():
    row = parse("network 2 12 | | | autoencoder 2")
    layers, norms = 2 * 12 * 128 + 6 * 128 * 128 + 2 * 128 * 8, 8 * 128 + 8
    once = 2 * 2 * (layers + norms)
    assert operations(row, "predict") == once
    assert operations(row, "train") == 3 * once
    assert traffic(row, "train") == 0


@pytest.mark.parametrize(
    ("line", "which", "count"),
    [
        (
            "conv 2 4 8 9 | 6 3 5 | padding=1 groups=2 | c",
            "input",
            4 * (2 * 4 * 72 + 2 * 6 * 56 + 6 * 2 * 15),
        ),
        ("dense 64 400 | 120 | bias | d", "weight", 4 * (64 * 400 + 64 * 120 + 400 * 120)),
        ("max_pool 2 3 8 8 | 2 2 | | p", "forward", 4 * 384 + 12 * 96),
        ("max_pool 2 3 8 8 | 2 2 | | p", "input", 4 * 384 + 12 * 96),
        ("avg_pool 2 3 8 8 | 2 2 | | p", "forward", 4 * (384 + 96)),
        ("adaptive_avg_pool 2 3 8 8 | 1 1 | | p", "input", 4 * (384 + 6)),
        ("relu 64 10 | | | r", "forward", 4 * 2 * 640),
        ("relu 64 10 | | | r", "input", 4 * 3 * 640),
        ("cross_entropy 64 10 | | | x", "forward", 4 * 640),
        ("cross_entropy 64 10 | | | x", "both", 4 * 2 * 640),
        ("sgd 3x4 3 | | | s", "step", 4 * 5 * 15),
        ("adam 3x4 3 | | | s", "step", 4 * 7 * 15),
    ],
)
def test_traffic(line, which, count):
    assert traffic(parse(line), which) == count
