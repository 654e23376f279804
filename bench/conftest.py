"""The rows of `fastconv bench` as arguments of the benchmarks, fastconv alone."""

from collections.abc import Callable

import pytest

from fastconv.benchmark import exact, rows, work
from fastconv.benchmark.check import TOLERANCE
from fastconv.benchmark.ours import Fastconv
from fastconv.benchmark.rows import Row


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark that says which rows a benchmark takes."""
    config.addinivalue_line(
        "markers", "rows(kind, ...): a benchmark for each pass of each row of these kinds"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `row` and `which` to a benchmark with the mark `rows`, in the order of the files."""
    mark = metafunc.definition.get_closest_marker("rows")
    if mark is not None:
        chosen = [row for name in rows.names() for row in rows.read(name) if row.kind in mark.args]
        cases = [
            pytest.param(row, which, id=f"{row.set}, {row.name}, {which}")
            for row in chosen
            for which in row.passes
        ]
        metafunc.parametrize(("row", "which"), cases)


@pytest.fixture
def measure(benchmark: Callable[..., object], row: Row, which: str) -> Callable[[], None]:
    """Compile, check against the reference, then time one pass of one row."""

    def run() -> None:
        task = Fastconv().task(row, which)
        assert exact.error(task.arrays(task.call()), exact.parts(row, which)) <= TOLERANCE
        benchmark.group = f"{row.set}, {which}"
        benchmark.extra_info.update(shape=row.described, bytes=work.traffic(row, which))
        benchmark.extra_info["operations"] = work.operations(row)
        benchmark(task.call)

    return run
