"""Each kernel states what it computes and what a job is, and takes few arguments."""

import ast
from pathlib import Path

from fastconv import kernels

MOST_ARGUMENTS = 14


def every_kernel():
    for path in sorted(Path(kernels.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            marks = [ast.unparse(mark) for mark in getattr(node, "decorator_list", [])]
            if "kernel" in marks:
                yield f"{path.parent.name}/{path.name}: {node.name}", node


def test_the_kernels_are_found():
    assert len(dict(every_kernel())) > 40


def test_every_kernel_says_what_it_computes_and_what_a_job_is():
    lacking = [name for name, node in every_kernel() if "job" not in (ast.get_docstring(node) or "").lower()]
    assert not lacking, f"without a contract: {', '.join(lacking)}"


def test_no_kernel_has_many_arguments():
    long = [name for name, node in every_kernel() if len(node.args.args) > MOST_ARGUMENTS]
    assert not long, f"more than {MOST_ARGUMENTS} arguments: {', '.join(long)}; a geometry can hold the sizes"
