"""A chain of operations: the bits of the operations one after another."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.chain import elements
from fastconv.kernels.chain.stages import read_stages
from fastconv.kernels.engine import jit
from fastconv.kernels.memory import buffers
from tests.kernels.chain.cases import after_a_layer, channels_last, image, in_sequence, norm, row

DTYPES = [np.float32, np.float64]
ACTIVATIONS = [
    *(
        ("relu",),
        ("leaky_relu", 0.2),
        ("elu",),
        ("gelu",),
        ("gelu", "tanh"),
        ("silu",),
        ("sigmoid",),
        ("tanh",),
    ),
    *(("softplus", 2.0, 5.0), ("hardswish",), ("hardsigmoid",), ("hardtanh",), ("relu6",)),
]


def assert_same_bits(x, stages):
    y, expected = kernels.chain(x, stages), in_sequence(x, stages)
    assert y.dtype == x.dtype
    assert np.ascontiguousarray(y).tobytes() == np.ascontiguousarray(expected).tobytes()
    return y


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 3, 5, 17, 32])
def test_the_bits_of_the_operations(channels, dtype):
    x = image((2, channels, 5, 6), dtype)
    stages = after_a_layer(x.shape, dtype)
    for given in (x, channels_last(x), x[..., ::-1]):
        assert_same_bits(given, stages)
    y = assert_same_bits(x, (*stages[:4], ("add", channels_last(stages[4][1]))))
    assert y.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_every_activation_after_a_product_and_before_a_sum(activation, dtype):
    """A product is rounded before the next stage takes it into a sum."""
    x = image((1, 17, 4, 5), dtype)
    stages = ("multiply", row(17, dtype)), activation, ("add", row(17, dtype, 5))
    assert_same_bits(x, stages)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "maximum", "minimum"])
def test_every_operation_of_two(name, dtype):
    x, others = image((2, 5, 3, 4), dtype), [image((2, 5, 3, 4), dtype, 1)]
    others += [row(5, dtype), row(5, dtype)[None], np.array(dtype(-1.5)), row(1, dtype)]
    with np.errstate(all="ignore"):
        for other in others:
            assert_same_bits(x, ((name, other),))


@pytest.mark.parametrize("dtype", DTYPES)
def test_normalisation_and_sums_with_relu(dtype):
    x = image((2, 6, 3, 4), dtype)
    _, mean, var, _, bias = norm(6, dtype)
    assert_same_bits(x, (("channel_norm", mean, var), ("add", x, True)))
    assert_same_bits(x, (("channel_norm", mean, var, None, bias, 0.5, True), ("prelu", bias[:1])))


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (5, 7), (1, 1)], ids=str)
def test_other_shapes_of_rows(shape):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    stages = norm(shape[1], np.float32), ("silu",), ("add", x.copy())
    y = assert_same_bits(x, stages)
    assert y.shape == shape


@pytest.mark.parametrize("shape", [(0, 3, 4, 4), (0, 3)], ids=str)
def test_no_images(shape):
    x = np.zeros(shape, np.float32)
    assert kernels.chain(x, (("silu",), ("prelu", np.ones(3, np.float32)), ("add", x.copy()))).shape == shape


def test_operations_that_do_not_fit_are_done_one_after_another():
    x = image((2, 5, 3, 4), np.float32)
    gate = np.random.default_rng(0).standard_normal((2, 5, 1, 1)).astype(np.float32)
    for given, stages in [
        (x, (("relu",), ("multiply", gate), ("relu",))),
        (x[0], (("relu",), ("tanh",))),
        (x, (("relu",),) * 9),
    ]:
        assert_same_bits(given, stages)
    assert kernels.chain(x, ()).tobytes() == x.tobytes()


def test_the_values_are_those_of_the_reference():
    x = np.random.default_rng(0).standard_normal((2, 17, 5, 6)).astype(np.float32)
    stages = norm(17, np.float32), ("hardswish",), ("add", x)
    np.testing.assert_allclose(kernels.chain(x, stages), reference.chain(x, stages), rtol=1e-5, atol=1e-5)


def test_in_place():
    x = channels_last(image((2, 17, 5, 6), np.float32))
    stages = after_a_layer(x.shape, np.float32)
    expected = kernels.chain(x, stages)
    elements.chain_in_place(x, read_stages(stages, x.shape))
    assert x.tobytes() == expected.tobytes()


def test_large_results_are_streamed_and_have_the_same_bits_in_any_number_of_threads(monkeypatch):
    x = np.random.default_rng(0).standard_normal((1, 24, 120, 121)).astype(np.float32)
    stages = norm(24, np.float32), ("gelu",), ("multiply", x)
    threads, results = jit.get_num_threads(), []
    try:
        for number in {1, threads}:
            for cached in (0, 1 << 40):
                monkeypatch.setattr(buffers, "cached_bytes", lambda cached=cached: cached)
                jit.set_num_threads(number)
                results.append(kernels.chain(x, stages).tobytes())
    finally:
        jit.set_num_threads(threads)
    assert len({*results}) == 1
