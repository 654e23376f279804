"""How Numba compiles kernels and their parts: its own passes, and one more.

The literals of a geometry become constants before Numba finds types. It leaves out a branch on a constant
that is never taken: what another geometry needs is neither typed nor compiled for this one.
"""

from typing import Any

from numba.core import ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.ir_utils import build_definitions, get_definition, guard
from numba.core.untyped_passes import InlineInlinables

from .geometry import GeometryType


@register_pass(mutates_CFG=False, analysis_only=False)
class _Literals(FunctionPass):
    """Writes the value of a literal in the place of an argument's attribute."""

    _name = "geometry_literals"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Change the function's statements; whether any changed."""
        found = [a for block in state.func_ir.blocks.values() for a in block.find_insts(ir.Assign)]
        literals = [(a, value) for a in found if (value := _literal(state, a.value)) is not None]
        for assign, value in literals:
            assign.value = ir.Const(value, assign.loc)
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        return bool(literals)


def _literal(state: Any, expression: Any) -> int | None:
    """The literal that an expression reads from a geometry among the function's arguments."""
    if not isinstance(expression, ir.Expr) or expression.op != "getattr":
        return None
    argument = guard(get_definition, state.func_ir, expression.value)
    typ = state.args[argument.index] if isinstance(argument, ir.Arg) else None
    return typ.literals.get(expression.attr) if isinstance(typ, GeometryType) else None


class Pipeline(CompilerBase):
    """The passes from Python's byte code to machine code."""

    def define_pipelines(self) -> list[Any]:
        """The one way to compile a function."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(_Literals, InlineInlinables)
        passes.finalize()
        return [passes]
