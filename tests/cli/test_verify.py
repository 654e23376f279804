import pytest

from fastconv import verification
from fastconv.verification import Row

GOOD = Row("conv2d 3x3", "float32", 0.0123)
BAD = Row("linear", "float64", 2.5)


@pytest.mark.parametrize(
    ("rows", "status", "end"),
    [
        ([GOOD], 0, ["1 of 1 within their bounds"]),
        ([GOOD, BAD], 1, ["1 of 2 within their bounds", "FAILED: linear (float64)"]),
    ],
)
def test_table_and_status(fastconv, monkeypatch, rows, status, end):
    def verify(progress):
        for row in rows:
            progress(row)
        return rows

    monkeypatch.setattr(verification, "verify", verify)
    result = fastconv("verify")
    assert (result.status, result.err) == (status, "")
    lines = result.out.splitlines()
    assert lines[0].split() == ["kernel", "dtype", "error", "bound"]
    assert lines[1].split() == ["conv2d", "3x3", "float32", "0.012", "1", "ok"]
    assert ("FAILED" in lines[2]) == (len(rows) == 2)
    assert lines[-len(end) :] == end
