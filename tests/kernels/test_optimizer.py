"""Update rules: the reference's values to one rounding, whatever the layout of the parameters."""

import numpy as np
import pytest

import fastconv
from fastconv import kernels, reference
from fastconv.kernels import optimizer
from fastconv.kernels.memory.buffers import CHUNK

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


def test_rmsprop_has_the_same_bits_at_any_number_of_threads():
    rng = np.random.default_rng(1)
    results = []
    start = [[np.abs(rng.standard_normal(70_001)).astype(np.float32)] for _ in range(4)]
    before = fastconv.get_num_threads()
    for threads in (1, 2):
        groups = copies(start)
        fastconv.set_num_threads(threads)
        try:
            kernels.rmsprop(*groups, [], 0.01, 0.9, 1e-8, 0.1, 0.9)
        finally:
            fastconv.set_num_threads(before)
        results.append(groups)
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one[0], two[0])


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_each_worker_has_its_share_of_each_parameter(monkeypatch, threads):
    monkeypatch.setattr(optimizer, "get_num_threads", lambda: threads)
    sizes = [6 * CHUNK, 5, 12 * CHUNK, 7, 3 * CHUNK - 1, 9]
    all_lines = [(np.empty(size, np.float32), np.empty(size, np.float32)) for size in sizes]
    table = optimizer._table(all_lines, 4)
    for lines in all_lines:
        for which, line in enumerate(lines):
            begin, end = line.ctypes.data, line.ctypes.data + line.nbytes
            mine = [(at - begin, n) for n, at in table[:, [0, 1 + which]] if begin <= at < end]
            assert mine == [
                (at, min(CHUNK, (line.nbytes - at) // 4)) for at in range(0, line.nbytes, 4 * CHUNK)
            ]
            for worker in range(threads if line.size > 2 * CHUNK else 0):
                first, last = worker * len(table) // threads, (worker + 1) * len(table) // threads
                share = sum(n for n, at in table[first:last, [0, 1 + which]] if begin <= at < end)
                assert abs(share - line.size / threads) <= CHUNK / 2 + 1


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
