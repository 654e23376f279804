import gc

import pytest

from fastconv.collector import paused


def test_the_collector_rests_in_a_block_and_goes_on_after_an_error():
    seen = []

    def fails():
        seen.append(gc.isenabled())
        raise KeyError

    with pytest.raises(KeyError), paused():
        fails()
    assert seen == [False]
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off():
    gc.disable()
    try:
        with paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
