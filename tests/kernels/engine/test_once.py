"""What is made at its first use is made once."""

import threading

import pytest

from fastconv.kernels.engine import once as module
from fastconv.kernels.engine.once import once


def test_threads_that_come_first_together_get_the_same():
    gate, made = threading.Barrier(8), []

    @once
    def thing(name):
        made.append(name)
        return object()

    found = []

    def ask():
        gate.wait()
        found.append(thing("a"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["a"] and len(set(map(id, found))) == 1
    assert thing("b") is not thing("a")


def test_an_error_is_not_kept():
    answers = iter([ValueError("not yet"), None])

    @once
    def thing():
        if error := next(answers):
            raise error
        return 3

    with pytest.raises(ValueError, match="not yet"):
        thing()
    assert thing() == 3


def test_it_can_call_itself():
    @once
    def factorial(n):
        return 1 if n == 0 else n * factorial(n - 1)

    assert factorial(10) == 3628800
    factorial.forget()
    assert factorial(3) == 6


def test_a_warning_is_given_once_even_where_it_is_an_error(monkeypatch):
    monkeypatch.setattr(module, "_warned", set())
    with pytest.raises(RuntimeWarning, match=r"^fastconv: a reason$"):
        module.warn_once("a reason")
    module.warn_once("a reason")
    with pytest.raises(RuntimeWarning, match=r"^fastconv: another$"):
        module.warn_once("another")
