"""What is made at its first use is made once."""

import threading

import pytest

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
