import threading

import numpy as np
import pytest

from fastconv import backends, functional, reference
from fastconv.backends import active, backend


@pytest.fixture(autouse=True)
def _process_setting():
    """Give every test the default, and the process back what it had."""
    before = backends._entries[:]
    backends._entries[:] = [("numba", None)]
    yield
    backends._entries[:] = before


def name_of_active():
    """The name alone: the compiled kernels are not needed to ask."""
    blocks = backends._blocks.get()
    return blocks[-1] if blocks else backends._process.now


def in_a_thread(function):
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_the_compiled_kernels_are_the_default():
    assert name_of_active() == "numba"


def test_the_reference_can_be_chosen_for_the_process():
    backend("reference")
    assert active() is reference
    assert in_a_thread(active) is reference
    backend("numba")
    assert name_of_active() == "numba"


def test_a_block_ends_with_what_was_before():
    with backend("reference"):
        assert active() is reference
        with backend("numba"):
            assert name_of_active() == "numba"
        assert active() is reference
    assert name_of_active() == "numba"


def test_a_block_inside_a_process_setting():
    backend("reference")
    with backend("numba"):
        assert name_of_active() == "numba"
    assert active() is reference


def test_a_block_ends_also_by_an_error():
    with pytest.raises(ZeroDivisionError), backend("reference"):
        raise ZeroDivisionError
    assert name_of_active() == "numba"


def test_a_block_concerns_its_own_thread_alone():
    with backend("reference"):
        assert in_a_thread(name_of_active) == "numba"
        assert active() is reference


def test_a_process_setting_made_inside_a_block_outlives_it():
    with backend("numba"):
        backend("reference")
        assert name_of_active() == "numba"
    assert active() is reference


def test_one_object_serves_several_blocks():
    choice = backend("reference")
    with choice:
        pass
    assert name_of_active() == "numba"
    with choice, choice:
        assert active() is reference
    assert name_of_active() == "numba"


def test_blocks_that_open_in_any_order_leave_the_process_as_it_was():
    first, second = backend("reference"), backend("reference")
    with first:
        pass
    with second:
        pass
    assert name_of_active() == "numba"


def test_blocks_in_many_threads_do_not_disturb_each_other():
    wrong = []

    def work(name):
        for _ in range(300):
            with backend(name):
                if name_of_active() != name:
                    wrong.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("reference", "numba") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert name_of_active() == "numba"


def test_many_plain_calls_pile_nothing_up():
    for _ in range(100):
        backend("reference")
    assert len(backends._entries) <= 2


@pytest.mark.parametrize("name", ["cuda", "", "Reference", None, 3, ["numba"]])
def test_an_unknown_name_is_refused_and_changes_nothing(name):
    with pytest.raises(ValueError, match=r"backend: name: got .* needs one of 'numba', 'reference'"):
        backend(name)
    assert name_of_active() == "numba"


def test_operations_ask_at_every_call(monkeypatch):
    x = np.array([-1.0, 2])
    with backend("reference"):
        np.testing.assert_array_equal(functional.relu(x), [0, 2])
        monkeypatch.setattr(reference, "relu", lambda x: "asked")
        assert functional.relu(x) == "asked"
