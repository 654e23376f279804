"""`fastconv verify`: the compiled kernels against the reference, on this machine."""

import argparse

from fastconv import verification


def run(options: argparse.Namespace) -> int:
    """Print error and bound of every kernel as it is done; 1 when one is beyond its bound."""
    _line("kernel", "dtype", "error", "bound", "")
    rows = verification.verify(progress=_show)
    failed = [f"{row.name} ({row.dtype})" for row in rows if not row.passed]
    print("\nerror: the largest difference from the reference, in units of n * eps * sum |a b|")
    print(f"{len(rows) - len(failed)} of {len(rows)} within their bounds")
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def _show(row: verification.Row) -> None:
    _line(row.name, row.dtype, f"{row.error:.2g}", f"{row.bound:g}", "ok" if row.passed else "FAILED")


def _line(name: str, dtype: str, error: str, bound: str, verdict: str) -> None:
    print(f"{name:<38}   {dtype:<7}   {error:>8}   {bound:>5}   {verdict}".rstrip(), flush=True)
