"""The tree keeps its shape: what stands where, who imports whom, and what an import costs."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import fastconv.functional
import fastconv.grad
import fastconv.kernels
import fastconv.reference

ROOT = Path(__file__).resolve().parents[1]
TOP = {"README.md", "LICENSE", "pyproject.toml", "fastconv", "kernels", "tests", "bench", "docs"}
LONGEST_FILE = 400

ROWS = [
    {"fastconv.__main__"},
    {"fastconv.cli"},
    {"fastconv"},
    {"fastconv.explanation", "fastconv.benchmark", "fastconv.verification"},
    {"fastconv.interop"},
    {"fastconv.callbacks", "fastconv.metrics", "fastconv.parallel"},
    {"fastconv.training", "fastconv.models", "fastconv.data"},
    {"fastconv.plots"},
    {"fastconv.nn", "fastconv.optim"},
    {"fastconv.functional", "fastconv.grad", "fastconv.interop.safetensors", "fastconv.plan"},
    {"fastconv.ops"},
    {"fastconv.files"},
    {"fastconv.settings"},
    {"fastconv.validate", "fastconv.backends", "fastconv.attributes", "fastconv.markup"},
    {"fastconv.kernels", "fastconv.reference"},
    {"fastconv.kernels.conv"},
    {"fastconv.kernels.chain"},
    {
        f"fastconv.kernels.{name}"
        for name in (
            *("dense", "pool", "activation", "norm", "arithmetic", "join", "resample", "loss", "optimizer"),
        )
    },
    {"fastconv.kernels.window", "fastconv.kernels.reduce", "fastconv.kernels.choice"},
    {"fastconv.kernels.memory"},
    {"fastconv.kernels.simd"},
    {"fastconv.kernels.engine"},
    {"fastconv.geometry", "fastconv.exchange"},
    {"fastconv.types", "fastconv.choices", "fastconv.collector"},
]
"""The rooms, from the outside in: a module imports from its own room and from the rows below, nothing else.

A room is a module or a package with all inside it, but for what has a row of its own.
"""
FRONTS = {"fastconv", "fastconv.kernels"}
"""These rooms are their `__init__` alone: what is inside stands in the row that names it."""
MIRRORED = {
    "nn",
    "optim",
    "training",
    "data",
    "models",
    "plots",
    "interop",
    "cli",
    "reference",
    "ops",
    "kernels",
    "plan",
}
"""The packages in which every module, of inner packages too, has a test file of its own."""
EMITTERS = "fastconv.kernels.simd", "fastconv.kernels.engine.region", "fastconv.kernels.engine.words"
OPTIONAL = {"PIL", "h5py", "matplotlib", "mpi4py", "onnx", "sklearn", "torch"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    """The name under which a file is imported: kernels/pool.py is fastconv.kernels.pool."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[0] == "kernels":
        parts.insert(0, "fastconv")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


MODULES = {module_name(path): path for path in sources("fastconv", "kernels")}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def names_in(nodes: Iterable[ast.AST], path: Path) -> Iterator[tuple[str, str]]:
    """What the nodes import: a module's absolute name, and what is taken from it."""
    home = module_name(path).split(".")[: None if path.name == "__init__.py" else -1]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            outer = home[: len(home) - node.level + 1] if node.level else []
            base = ".".join([*outer, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (inner, "") if inner in MODULES else (base, alias.name)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from ((arg.value, "") for arg in node.args[:1] if isinstance(arg, ast.Constant))


def imports_of(module: str) -> set[str]:
    """All that a module imports: at its top, inside functions, for types alone."""
    path = MODULES[module]
    return {name for name, _ in names_in(ast.walk(parsed(path)), path)}


def imported_at_once(module: str) -> set[str]:
    """What the import of a module imports."""
    path = MODULES[module]
    nodes = list(ast.walk(parsed(path)))
    late = {id(inner) for node in nodes if runs_late(node) for inner in ast.walk(node)}
    return {name for name, _ in names_in((node for node in nodes if id(node) not in late), path)}


def runs_late(node: ast.AST) -> bool:
    """Whether what stands inside does not run when the module is imported."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def known(names: Iterable[str]) -> list[str]:
    """Those of the names that are modules of fastconv."""
    return sorted(MODULES.keys() & set(names))


def room(module: str) -> tuple[int, str]:
    """The row and the name of the room that a module stands in."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        for row, names in enumerate(ROWS):
            if prefix in names and (prefix == module or prefix not in FRONTS):
                return row, prefix
    pytest.fail(f"{module} has no row in ROWS: decide where it stands")


def none_of(offenders: Iterable[str]) -> None:
    """Fails with a list of all that break a rule."""
    listed = sorted(offenders)
    assert not listed, "\n" + "\n".join(listed)


def root(name: str) -> str:
    return name.split(".")[0]


def test_imports_run_one_way():
    def wrong(module: str, name: str) -> str:
        (row, here), (other, there) = room(module), room(name)
        if here == there or other > row:
            return ""
        return f"{module} imports {name}, which stands {'above' if other < row else 'beside'} it"

    found = (wrong(module, name) for module in MODULES for name in known(imports_of(module)))
    none_of(filter(None, found))


def test_the_package_itself_is_imported_for_its_version_alone():
    none_of(
        f"{module} imports {taken or 'all'} of fastconv: import the module that defines it"
        for module, path in MODULES.items()
        for name, taken in names_in(ast.walk(parsed(path)), path)
        if name == "fastconv" and taken != "__version__"
    )


def test_no_module_imports_itself_through_others():
    """Not late and not for types either; but a package may import its own modules."""
    graph = {module: [n for n in known(imports_of(module)) if n != module] for module in MODULES}
    none_of(f"a circle of imports: {', '.join(sorted(circle))}" for circle in circles(graph))


def circles(graph: dict[str, list[str]]) -> list[frozenset[str]]:
    """The groups of modules that reach each other, after Tarjan."""
    index, low, stack, found = {}, {}, [], []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in graph[module]:
            if other not in index:
                visit(other)
            if other in stack:
                low[module] = min(low[module], low[other])
        if low[module] == index[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                found.append(frozenset(group))

    for module in sorted(graph):
        if module not in index:
            visit(module)
    return found


def test_a_circle_would_be_found():
    graph = {"a": ["b"], "b": ["c", "d"], "c": ["b"], "d": ["e"], "e": [], "f": ["a", "e"]}
    assert circles(graph) == [{"b", "c"}]


def test_the_reference_needs_numpy_alone():
    allowed = {"numpy", *sys.stdlib_module_names}
    none_of(
        f"{module} imports {name}"
        for module in MODULES
        if room(module)[1] == "fastconv.reference"
        for name in imports_of(module)
        if root(name) not in allowed and name != "fastconv.types" and room(name)[1] != "fastconv.reference"
    )


def test_the_kernels_know_geometry_types_and_themselves():
    none_of(
        f"{module} imports {name}"
        for module in MODULES
        if module.startswith("fastconv.kernels")
        for name in imports_of(module)
        if root(name) == "fastconv"
        and name not in ("fastconv.geometry", "fastconv.types")
        and not name.startswith("fastconv.kernels")
    )


def test_llvmlite_stays_where_machine_code_is_made():
    none_of(
        f"{module} imports llvmlite"
        for module in MODULES
        if not module.startswith(EMITTERS) and "llvmlite" in map(root, imports_of(module))
    )


def test_no_machine_code_reads_the_inside_of_a_python_object():
    none_of(
        f"{module} names {word}"
        for module, path in MODULES.items()
        if module.startswith("fastconv.kernels")
        for word in ("pythonapi", "PyObject", "PyCFunction", "Py_", "__basicsize__", "ob_", "id(")
        if re.search(rf"(?<![\w.]){re.escape(word)}", path.read_text(encoding="utf-8"))
    )


def test_optional_packages_are_imported_late():
    none_of(
        f"{module} imports {name} at its top: import it where it is used"
        for module in MODULES
        if not module.startswith("fastconv.interop.")
        for name in imported_at_once(module)
        if root(name) in OPTIONAL
    )


def test_nothing_imports_a_top_level_kernels():
    none_of(
        f"{path.relative_to(ROOT)} imports {name}: the kernels are fastconv.kernels"
        for path in sources("fastconv", "kernels", "tests", "bench")
        for name, _ in names_in(ast.walk(parsed(path)), path)
        if root(name) == "kernels"
    )


def test_files_stay_short():
    lengths = {
        path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources("fastconv", "kernels", "tests", "bench")
    }
    none_of(
        f"{path} has {lines} lines, at most {LONGEST_FILE}: split it"
        for path, lines in lengths.items()
        if lines > LONGEST_FILE
    )


def test_the_top_level_of_the_repository():
    listing = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    if listing.returncode or not listing.stdout:
        pytest.skip("no repository to list")
    tops = {line.split("/")[0] for line in listing.stdout.splitlines()}
    assert {name for name in tops if not name.startswith(".")} == TOP


def test_every_module_has_a_test_at_the_mirrored_place():
    """One without code needs none."""
    none_of(
        f"{module} has no {mirror.relative_to(ROOT)}"
        for module, path in MODULES.items()
        if path.name != "__init__.py" and has_code(path)
        for mirror in [mirror_of(module)]
        if mirror and not mirror.exists()
    )


def mirror_of(module: str) -> Path | None:
    """The test file that a module has to have; None where that is left open."""
    *folders, name = module.split(".")[1:]
    if folders and folders[0] not in MIRRORED:
        return None
    return Path(ROOT, "tests", *folders, f"test_{name}.py")


def has_code(path: Path) -> bool:
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(parsed(path)))


def shape_of(function) -> list[tuple]:
    parameters = inspect.signature(function).parameters.values()
    return [(parameter.name, parameter.kind, parameter.default) for parameter in parameters]


def test_both_backends_have_the_same_names():
    assert sorted(fastconv.reference.__all__) == sorted(fastconv.kernels.__all__)


def test_both_backends_have_the_same_signatures():
    pairs = {
        n: (getattr(fastconv.kernels, n), getattr(fastconv.reference, n)) for n in fastconv.reference.__all__
    }
    none_of(f"{name} has two signatures" for name, (a, b) in pairs.items() if shape_of(a) != shape_of(b))


def test_every_operation_is_public_under_the_same_signature():
    """But for what plans alone give: the operations that follow a convolution."""
    none_of(
        f"{name} has another signature in public"
        for name in {*fastconv.reference.__all__} - fastconv.reference.INNER
        if shape_of(getattr(fastconv.functional, name, None) or getattr(fastconv.grad, name))
        != [one for one in shape_of(getattr(fastconv.reference, name)) if one[0] != "stages"]
    )


IMPORT = """
import sys
import numba
from numba.core import event
before = set(sys.modules)
with event.install_recorder("numba:compile") as recorder:
    {statement}
print(len(recorder.buffer), *sorted({{name.split(".")[0] for name in set(sys.modules) - before}}))
"""


def in_a_child(statement: str) -> tuple[int, set[str]]:
    """How many compilations a statement starts, and the packages that it loads beside Numba's."""
    command = [sys.executable, "-c", IMPORT.format(statement=statement)]
    child = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    compilations, *loaded = child.stdout.split()
    return int(compilations), set(loaded)


def test_importing_fastconv_compiles_nothing_and_loads_nothing_optional():
    compilations, loaded = in_a_child("from fastconv import *")  # its parts, too, which `import` alone leaves
    assert "safetensors" in loaded
    assert compilations == 0
    assert not loaded & OPTIONAL


def test_tables_and_the_module_of_pictures_load_nothing_optional():
    statement = "import fastconv; fastconv.plots.curves; fastconv.nn.ReLU()._repr_html_()"
    assert not in_a_child(statement)[1] & OPTIONAL


def test_a_compilation_would_be_seen():
    assert in_a_child("numba.njit(lambda: 1)()")[0] > 0
