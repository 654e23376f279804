from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastconv as fc
from fastconv import backends
from fastconv.kernels.conv import winograd


@pytest.fixture(autouse=True)
def _as_it_was():
    before = winograd.enabled()
    yield
    fc.config(winograd=before)


def test_winograd_is_used_by_default_and_can_be_switched_off_for_the_process():
    assert winograd.enabled()
    fc.config(winograd=False)
    assert not winograd.enabled()


def test_a_block_puts_back_what_was_set():
    with fc.config(winograd=False):
        assert not winograd.enabled()
        with fc.config(winograd=True):
            assert winograd.enabled()
        assert not winograd.enabled()
    assert winograd.enabled()


def test_a_block_that_fails_does_too():
    with pytest.raises(KeyError), fc.config(winograd=False):
        raise KeyError
    assert winograd.enabled()


def test_blocks_may_end_in_any_order():
    first, second = fc.config(winograd=False), fc.config(winograd=False)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not winograd.enabled()
    second.__exit__(None, None, None)
    assert winograd.enabled()


def test_blocks_in_many_threads_leave_what_was_set():
    def work():
        for _ in range(300):
            with fc.config(winograd=False, plan=False):
                assert not (winograd.enabled() or backends.plannable())

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(work) for _ in range(6)]:
            done.result()
    assert winograd.enabled()
    assert backends.plannable()


@pytest.mark.parametrize("value", [None, 0, "no", np.True_])
def test_anything_else_is_refused(value):
    with pytest.raises(TypeError, match="winograd: got"):
        fc.config(winograd=value)


def test_the_direct_algorithm_is_exact_on_small_integers():
    rng = np.random.default_rng(0)
    x, w = rng.integers(-4, 5, (2, 64, 24, 24)), rng.integers(-4, 5, (64, 64, 3, 3))
    with fc.config(winograd=False):
        y = fc.functional.conv2d(x.astype(np.float32), w.astype(np.float32), padding=1)
    np.testing.assert_array_equal(y, fc.reference.conv2d(x.astype(float), w.astype(float), padding=1))
