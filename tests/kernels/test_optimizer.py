"""Update rules: the reference's values to one rounding, whatever the layout of the parameters."""

import itertools

import numpy as np
import pytest
from numba import njit

import fastconv
from fastconv import kernels, reference
from fastconv.kernels import optimizer

SGD = [
    {},
    {"weight_decay": 0.1},
    {"momentum": 0.9},
    {"momentum": 0.9, "first": True},
    {"momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1},
    {"momentum": 0.9, "nesterov": True},
]
RMSPROP = [
    {},
    {"weight_decay": 0.1},
    {"momentum": 0.9},
    {"centered": True},
    {"momentum": 0.9, "centered": True, "weight_decay": 0.1},
]
ADAM = [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled": True}]


def channels_last(a):
    return np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def state(dtype, count):
    """For each of two parameters, `count` arrays whose memory orders differ, the last ones positive."""
    rng = np.random.default_rng(0)
    groups = []
    for _ in range(count):
        small, large = np.abs(rng.standard_normal(7)), np.abs(rng.standard_normal((3, 4, 5, 6)))
        groups.append([small.astype(dtype), large.astype(dtype)])
    groups[1][1] = channels_last(groups[1][1])
    groups[-1][1] = groups[-1][1].copy()[:, :, ::-1]
    return groups


def copies(groups):
    return [[np.array(a, order="K") for a in group] for group in groups]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", SGD, ids=str)
def test_sgd(options, dtype):
    exact = state(dtype, 3)
    fast = copies(exact)
    reference.sgd(*exact, 0.1, **options)
    kernels.sgd(*fast, 0.1, **options)
    compare(fast, exact)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", ADAM, ids=str)
def test_adam(options, dtype):
    exact = state(dtype, 4)
    fast = copies(exact)
    reference.adam(*exact, 3, 0.01, 0.9, 0.999, 1e-8, **options)
    kernels.adam(*fast, 3, 0.01, 0.9, 0.999, 1e-8, **options)
    compare(fast, exact)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", RMSPROP, ids=str)
def test_rmsprop(options, dtype):
    exact = state(dtype, 5)
    for square, mean in zip(exact[2], exact[4], strict=True):
        square += 1 + mean**2  # so that the variance cancels few digits
    fast = copies(exact)
    for rule, (p, g, s, v, m) in ((reference.rmsprop, exact), (kernels.rmsprop, fast)):
        buffers = v if "momentum" in options else [], m if "centered" in options else []
        rule(p, g, s, *buffers, 0.01, 0.9, 1e-8, **options)
    compare(fast, exact, roundings=8)


RULES = {
    "sgd": lambda p, g, v, m: kernels.sgd(p, g, v, 0.01, 0.9),
    "adam": lambda p, g, m, s: kernels.adam(p, g, m, s, 3, 0.01, 0.9, 0.999, 1e-8),
    "rmsprop": lambda p, g, s, v: kernels.rmsprop(p, g, s, v, [], 0.01, 0.9, 1e-8, 0.1, 0.9),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_same_bits_at_any_number_of_threads(rule):
    rng = np.random.default_rng(1)
    results = []
    start = [[np.abs(rng.standard_normal(70_001)).astype(np.float32)] for _ in range(4)]
    before = fastconv.get_num_threads()
    for threads in (1, 2):
        groups = copies(start)
        fastconv.set_num_threads(threads)
        try:
            RULES[rule](*groups)
        finally:
            fastconv.set_num_threads(before)
        results.append(groups)
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one[0], two[0])


@njit
def bounds(size, parts, job):
    return optimizer._part(size, parts, job)


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
@pytest.mark.parametrize("size", [1, 63, 64, 65, 4096, 12 * 4096, 3 * 4096 - 1, 70_001])
def test_each_job_has_its_part_of_each_parameter(size, parts):
    found = [bounds(size, parts, job) for job in range(parts)]
    assert found[0][0] == 0 and found[-1][1] == size
    for (_, end), (begin, _) in itertools.pairwise(found):
        assert end == begin
        assert begin % optimizer.UNIT == 0 or begin == size
    for begin, end in found:
        assert abs(end - begin - size / parts) <= optimizer.UNIT


def compare(fast, exact, roundings=2):
    for group, expected in zip(fast, exact, strict=True):
        for a, b in zip(group, expected, strict=True):
            eps = np.finfo(a.dtype).eps
            np.testing.assert_allclose(a, b, rtol=roundings * eps, atol=roundings * eps)


def test_settings_are_numbers_of_any_type():
    """What is compiled first for a type of parameters serves all settings."""
    for betas, eps in (((0, 0.5), 0), ((0.9, np.float32(0.5)), 0.5)):
        exact = state(np.float32, 4)
        fast = copies(exact)
        reference.adam(*exact, 3, 1, *betas, eps, 1, True)
        kernels.adam(*fast, 3, 1, *betas, eps, 1, True)
        compare(fast, exact)


def test_sgd_without_velocities():
    p = np.ones(3, np.float32)
    kernels.sgd([p], [np.full(3, 2, np.float32)], [], 0.25)
    np.testing.assert_array_equal(p, np.full(3, 0.5, np.float32))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("eps", [1e-8, 1e-30])
def test_states_that_have_decayed(eps, dtype):
    """Subnormal means move nothing, and zero stays zero."""
    tiny = np.finfo(dtype).tiny
    exact = [[np.full(20, value, dtype)] for value in (0.0, 0.0, tiny / 8, tiny / 8)]
    fast = copies(exact)
    for rules, (p, g, m, s) in ((reference, exact), (kernels, fast)):
        rules.adam(p, g, m, s, 1000, 0.01, 0.9, 0.999, eps)
        rules.rmsprop(p, g, s, [], [], 0.01, 0.9, eps)
    compare(fast, exact)
    np.testing.assert_array_equal(fast[0][0], 0)
