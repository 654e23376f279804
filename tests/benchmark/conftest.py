import pytest

from fastconv.benchmark import picture
from fastconv.benchmark.results import Peak, Result
from fastconv.benchmark.rows import parse

PEAK = Peak(2e9, 4e9)
LINES = (
    "conv 2 6 9 8 | 4 3 2 | stride=2 padding=1 groups=2 bias | strided",
    "conv 3 4 7 6 | 4 3 3 | padding=2 dilation=2 groups=4 | depthwise",
    "conv 1 1 6 6 | 1 3 3 | | single",
    "dense 5 7 | 6 | bias | dense",
    "dense 1 4 | 1 | | small",
    "max_pool 2 3 8 7 | 3 2 | stride=2 padding=1 | pool",
    "avg_pool 2 3 8 7 | 3 2 | stride=2 padding=1 | average",
    "adaptive_avg_pool 2 3 8 7 | 1 1 | | global",
    "adaptive_avg_pool 2 3 8 7 | 3 2 | | adaptive",
    "relu 3 4 5 | | | relu",
    "sigmoid 6 7 | | | sigmoid",
    "softmax 6 7 | | | softmax",
    "cross_entropy 6 7 | | | loss",
    "sgd 3x2x2x2 3 4x5 4 | | | sgd",
    "adam 3x2x2x2 3 | | | adam",
    "network 2 1 8 8 | | | resnet8 2",
    "network 2 1 8 6 | | | ds_cnn 2",
    "network 16 12 | | | autoencoder 16",
    "network 2 1 6 6 | | | derivation_cnn 2",
    "network 2 1 8 8 | | | unet_small 2",
)


@pytest.fixture(scope="session")
def every_pass():
    """One small row of each kind, and more of the kinds with edges, with each of their passes."""
    return [(row, which) for row in map(parse, LINES) for which in row.passes]


@pytest.fixture(scope="session")
def made_up():
    """Results of three rows in two sets, with rounds that nobody measured."""
    conv = parse("conv 1 2 10 10 | 5 1 1 | | first", "alpha")
    relu = parse("relu 250 | | | second", "beta")
    return [
        Result(
            conv,
            "forward",
            {
                "fastconv": [2e-6, 1e-6, 4e-6],
                "torch": [8e-6, 6e-6, 9e-6],
                "torch-channels-last": [4e-6, 3e-6, 2e-6],
            },
            {"fastconv": 1.5, "torch": 0.25},
            {"fastconv": 2_500_000, "torch-channels-last": 31_000_000},
            algorithm="direct",
        ),
        Result(
            conv, "weight", {"fastconv": [4e-6], "torch": [2e-6]}, {"fastconv": 0.5}, algorithm="uncopied"
        ),
        Result(relu, "forward", {"fastconv": [1e-6], "torch": [0.98e-6]}),
        Result(relu, "input", failure="torch: ended by signal 11"),
    ]


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draw, and return what is written in the picture."""
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **options: figures.append(figure))

    def draw(results, peak=PEAK):
        picture.draw(tmp_path / "bench.png", results, peak)
        figures[-1].draw_without_rendering()
        return [text.get_text() for text in figures[-1].findobj(Text) if text.get_text()]

    return draw
