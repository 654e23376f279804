import pytest


def test_both_networks_one_after_the_other(fastconv):
    both = fastconv("explain")
    assert (both.status, both.err) == (0, "")
    assert (
        both.out
        == fastconv("explain", "--network", "cnn").out + "\n" + fastconv("explain", "--network", "mlp").out
    )


@pytest.mark.parametrize(
    ("network", "layers", "steps"),
    [
        (
            "cnn",
            "Conv2d -> ReLU -> MaxPool2d -> Flatten -> Linear -> BCEWithLogitsLoss",
            ("dL/dW1", "dL/db2"),
        ),
        ("mlp", "Linear -> ReLU -> Linear -> CrossEntropyLoss", ("dL/dW1", "dL/db2")),
    ],
)
def test_every_gradient_is_shown_and_agrees(fastconv, network, layers, steps):
    out = fastconv("explain", "--network", network).out
    assert out.startswith(layers)
    for step in steps:
        assert f"\n{step} = " in out
    assert " ok " in out
    for verdict in ("DIFFERS", "too small", "at a kink ("):
        assert verdict not in out
