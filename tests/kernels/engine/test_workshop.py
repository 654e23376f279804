"""Other processes compile what stands in their orders, and leave it on disk."""

import io
import pickle
import sys

import numpy as np
import pytest

from fastconv import kernels
from fastconv.kernels.engine import disk, jit, trace, workshop


def launches_of(*calls):
    found = trace.Trace()
    with trace.tracing(found):
        for call in calls:
            call()
    return found.launches


def orders_of(launches):
    return [
        workshop.Order(one.kernel.__module__, one.kernel.__name__, jit._types(one.arguments))
        for one in launches
    ]


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(jit.numba.config, "CACHE_DIR", str(tmp_path))
    disk.folder.forget()
    yield tmp_path
    disk.folder.forget()


def test_a_process_compiles_its_share(empty_cache, monkeypatch):
    monkeypatch.setattr(workshop, "FEW", 1)
    monkeypatch.setattr(workshop.os, "cpu_count", lambda: 2)
    x = np.zeros((3, 7), np.float64)
    launches = launches_of(lambda: kernels.silu(x), lambda: kernels.softplus(x))
    orders = orders_of(launches)
    processes = workshop.ordered(orders)
    assert len(processes) == 1
    workshop.finish(processes)
    assert [process.returncode for process in processes] == [0]
    codegen = launches[1].kernel.compiled.targetctx.codegen()
    held = [
        one.kernel.compiled._cache.holds(order.types, codegen)
        for one, order in zip(launches, orders, strict=True)
    ]
    assert held == [False, True]


def test_few_kernels_and_no_python_need_no_process(empty_cache, monkeypatch):
    order = workshop.Order("m", "f", ())
    assert workshop.ordered([order] * workshop.FEW) == []
    monkeypatch.setattr(sys, "executable", "/opt/application")
    assert workshop.ordered([order] * 50) == []


def test_what_a_process_does(monkeypatch):
    launches = launches_of(lambda: kernels.relu(np.zeros(3, np.float32)))
    stream = io.TextIOWrapper(io.BytesIO(pickle.dumps(orders_of(launches))))
    monkeypatch.setattr(sys, "stdin", stream)
    workshop.work()
    assert jit.entry_points(launches)


def test_a_process_that_fails_costs_time_alone(empty_cache, monkeypatch):
    monkeypatch.setattr(workshop, "FEW", 0)
    monkeypatch.setattr(workshop, "_PROGRAM", "raise SystemExit(3)")
    x = np.zeros((2, 3), np.float32)
    launches = launches_of(lambda: kernels.elu(x), lambda: kernels.tanh(x))
    for one in launches:
        one.arguments[0].entries.clear()
    assert len(jit.entry_points(launches)) == 2
