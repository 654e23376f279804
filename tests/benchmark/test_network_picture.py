from fastconv.benchmark import peers
from fastconv.benchmark.network_picture import MARKS
from fastconv.benchmark.report import TITLES
from fastconv.benchmark.results import Result
from fastconv.benchmark.rows import parse

SMALL, OTHER = parse("network 1 4 | | | small 1"), parse("network 64 4 | | predict | other 64")
RESULTS = [
    Result(SMALL, "train", {"fastconv": [2e-6], "torch": [8e-6], "jax-nhwc": [3e-6]}),
    Result(SMALL, "predict", {"fastconv": [2e-6], "torch": [9e-6], "onnxruntime": [1e-6]}),
    Result(OTHER, "predict", {"fastconv": [4e-6], "onnxruntime": [400e-6]}),
]


def test_every_network_and_peer_is_named(drawn):
    texts = set(drawn(RESULTS))
    assert {"small 1", "other 64", "PyTorch", "JAX NHWC", "onnxruntime"} <= texts
    assert {"2.00,  1.50", "2.00,  0.50", "4.00,  100.00"} <= texts
    assert "training step, geometric mean 1.50" in texts
    assert "JAX NCHW" not in texts  # nothing of it was timed


def test_layers_and_networks_in_one_picture(made_up, drawn):
    assert {"first", "mean 1.50", "small 1", "2.00,  1.50"} <= set(drawn([*made_up, *RESULTS]))


def test_every_peer_of_networks_has_a_mark():
    everyone = peers.systems("network", "predict", [*peers.PACKAGES])
    assert everyone == ["fastconv", *MARKS]
    assert TITLES.keys() >= {*everyone}
