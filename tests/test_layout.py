"""The tree keeps its shape: what stands where, who imports whom, and what an import costs."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import fastconv.functional
import fastconv.grad
import fastconv.kernels
import fastconv.reference

ROOT = Path(__file__).resolve().parents[1]
TOP = {"README.md", "LICENSE", "pyproject.toml", "fastconv", "kernels", "tests", "bench"}
LONGEST_FILE = 400

# From the outside in: a module imports from its own row and the rows below it, never from above.
ROWS = [
    {"fastconv.__main__"},
    {"fastconv.cli"},
    {"fastconv"},
    {
        "fastconv.data",
        "fastconv.cli.reports",
        "fastconv.verification",
        "fastconv.models",
        "fastconv.explanation",
        "fastconv.benchmark",
    },
    {
        "fastconv.training.trainer",
        "fastconv.training.callbacks",
        "fastconv.training.metrics",
        "fastconv.training.batches",
        "fastconv.training.checkpoints",
    },
    {"fastconv.nn", "fastconv.optim", "fastconv.persistence"},
    {"fastconv.functional", "fastconv.grad"},
    {"fastconv.ops"},
    {"fastconv.validate", "fastconv.backends", "fastconv.settings", "fastconv.attributes"},
    {"fastconv.kernels", "fastconv.reference"},
    {"fastconv.types"},
]
FAMILIES = {"conv", "pool", "dense", "activation", "norm", "loss", "optimizer"}
TOOLS = {
    "simd", "geometry", "operand", "machine", "jit", "region", "native", "replay", "cache", "buffers",
    "shelf", "pipeline", "once", "reduce", "shape", "window",
}  # fmt: skip
BUILDS_ON = {"fastconv.kernels.conv.pointwise": {"dense", "activation"}}
"""A convolution that is a dense layer."""
EMITTERS = "fastconv.kernels.simd", "fastconv.kernels.engine.region", "fastconv.kernels.engine.native.words"
OPTIONAL = {"matplotlib", "PIL", "torch", "sklearn", "onnx"}


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


def imported(nodes: list[ast.AST], module: str, is_package: bool) -> set[str]:
    """Absolute names of what the nodes import: `from a import b` gives a.b where that is a module of ours."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = module.split(".")[: None if is_package else -1]
            home = home[: len(home) - node.level + 1] if node.level else []
            base = ".".join([*home, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                names.add(inner if inner in MODULES else base)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            names |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return names


def imports_of(module: str, at_import: bool = False) -> set[str]:
    """What a module imports; with `at_import` only what its own import runs."""
    path = MODULES[module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    if at_import:
        late = {id(inner) for node in nodes if runs_late(node) for inner in ast.walk(node)}
        nodes = [node for node in nodes if id(node) not in late]
    return imported(nodes, module, path.name == "__init__.py")


def runs_late(node: ast.AST) -> bool:
    """Whether what stands inside does not run when the module is imported."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def row(module: str) -> int:
    """The row of the longest listed prefix of this name."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        for number, names in enumerate(ROWS):
            if ".".join(parts[:length]) in names and (length > 1 or len(parts) == 1):
                return number
    pytest.fail(f"{module} has no row in ROWS: decide where it stands")


def ours(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] == "fastconv"}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_run_one_way(module):
    upward = [name for name in ours(imports_of(module)) if row(name) < row(module)]
    assert not upward, f"{module} imports {upward}, which stands above it"


def test_no_module_imports_itself_through_others():
    graph = {module: ours(imports_of(module, at_import=True)) & MODULES.keys() for module in MODULES}
    done, path = set(), []

    def visit(module):
        assert module not in path, f"a circle of imports: {' -> '.join([*path, module])}"
        if module not in done:
            path.append(module)
            for name in sorted(graph[module] - {module}):
                visit(name)
            done.add(path.pop())

    for module in sorted(graph):
        visit(module)


@pytest.mark.parametrize("module", sorted(m for m in MODULES if m.startswith("fastconv.kernels.")))
def test_kernel_families_build_on_the_tools_alone(module):
    part = module.split(".")[2]
    assert part in FAMILIES | TOOLS, f"{part} is neither a kernel family nor a tool: decide which"
    for name in ours(imports_of(module)) - {"fastconv.types"}:
        assert name.startswith("fastconv.kernels."), f"{module} imports {name}: kernels know kernels alone"
        other = name.split(".")[2]
        known = {part} | TOOLS | BUILDS_ON.get(module, set())
        assert other in known, f"{module} imports {name}: families build on the tools alone"


@pytest.mark.parametrize("module", sorted(m for m in MODULES if m.startswith("fastconv.reference")))
def test_the_reference_needs_numpy_alone(module):
    for name in imports_of(module):
        root = name.split(".")[0]
        allowed = root == "numpy" or root in sys.stdlib_module_names
        allowed |= name == "fastconv.types" or name.startswith("fastconv.reference")
        assert allowed, f"{module} imports {name}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_llvmlite_stays_where_machine_code_is_made(module):
    if not module.startswith(EMITTERS):
        assert "llvmlite" not in {name.split(".")[0] for name in imports_of(module)}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_optional_packages_are_imported_late(module):
    if not module.startswith("fastconv.interop."):
        early = {name.split(".")[0] for name in imports_of(module, at_import=True)} & OPTIONAL
        assert not early, f"{module} imports {early} at its top: import it where it is used"


@pytest.mark.parametrize("path", sources("fastconv", "kernels", "tests", "bench"), ids=str)
def test_nothing_imports_a_top_level_kernels(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    roots = {name.split(".")[0] for name in imported(list(ast.walk(tree)), module_name(path), False)}
    assert "kernels" not in roots, "the kernels are fastconv.kernels"


@pytest.mark.parametrize("path", sources("fastconv", "kernels", "tests", "bench"), ids=str)
def test_files_stay_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{lines} lines, at most {LONGEST_FILE}: split it"


def test_the_top_level_of_the_repository():
    listing = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    if listing.returncode or not listing.stdout:
        pytest.skip("no repository to list")
    tops = {line.split("/")[0] for line in listing.stdout.splitlines()}
    assert {name for name in tops if not name.startswith(".")} == TOP


@pytest.mark.parametrize(
    "module",
    sorted(
        m
        for m in MODULES
        if m.rsplit(".", 1)[0] in {"fastconv.kernels", "fastconv.reference", "fastconv.ops"}
    ),
)
def test_every_operation_has_a_test_at_the_mirrored_place(module):
    *folders, name = module.removeprefix("fastconv.").split(".")
    mirror = Path("tests", *folders, f"test_{name}.py")
    assert (ROOT / mirror).exists(), f"{module} has no {mirror}"


def shape_of(function) -> list[tuple]:
    parameters = inspect.signature(function).parameters.values()
    return [(parameter.name, parameter.kind, parameter.default) for parameter in parameters]


def test_both_backends_have_the_same_names():
    assert sorted(fastconv.reference.__all__) == sorted(fastconv.kernels.__all__)


@pytest.mark.parametrize("name", sorted(fastconv.reference.__all__))
def test_both_backends_have_the_same_signatures(name):
    assert shape_of(getattr(fastconv.kernels, name)) == shape_of(getattr(fastconv.reference, name))


@pytest.mark.parametrize("name", sorted({*fastconv.reference.__all__} - {"sgd", "adam"}))
def test_every_operation_is_public_under_the_same_signature(name):
    public = getattr(fastconv.functional, name, None) or getattr(fastconv.grad, name)
    assert shape_of(public) == shape_of(getattr(fastconv.reference, name))


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


def test_a_compilation_would_be_seen():
    assert in_a_child("numba.njit(lambda: 1)()")[0] > 0
