"""How Numba compiles kernels and the inline functions in them: its own passes, and two of ours.

The literals of a geometry become constants before Numba finds types. It leaves out a branch on a constant
that is never taken: what another geometry needs is neither typed nor compiled for this one.

An inline function is called from kernels only, and becomes code of theirs. LLVM optimises it there, once; no
machine code is made for it alone.
"""

from typing import Any

from numba import _dynfunc
from numba.core import ir
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.ir_utils import build_definitions, get_definition, guard
from numba.core.typed_passes import NativeLowering
from numba.core.untyped_passes import InlineInlinables

from .geometry import Geometry, GeometryType


@register_pass(mutates_CFG=False, analysis_only=False)
class _Literals(FunctionPass):
    """Replaces an attribute of an argument that is a literal by its value."""

    _name = "geometry_literals"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Change the function's statements; whether any changed."""
        found = [a for block in state.func_ir.blocks.values() for a in block.find_insts(ir.Assign)]
        literals = [(a, value) for a in found if (value := _literal(state, a.value)) is not None]
        for assign, value in literals:
            assign.value = ir.Const(value, assign.loc)
        if literals:
            state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        return bool(literals)


def _literal(state: Any, expression: Any) -> int | None:
    """The literal that an expression reads from a geometry among the function's arguments."""
    if not isinstance(expression, ir.Expr) or expression.op != "getattr":
        return None
    argument = guard(get_definition, state.func_ir, expression.value)
    typ = state.args[argument.index] if isinstance(argument, ir.Arg) else None
    if not isinstance(typ, GeometryType):
        return None
    value = typ.literals.get(expression.attr, vars(Geometry).get(expression.attr))
    return value if isinstance(value, int) else None


class _InlineLibrary(JITCodeLibrary):
    """The LLVM code of an inline function with those that it calls."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        """Make the code ready for the kernel that it is linked to."""
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _InlineLowering(NativeLowering):
    """Writes LLVM code. Kernels look it up by what Python would call, and nobody calls that."""

    _name = "inline_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower an inline function."""
        library = state.library = _InlineLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        name, module = state.cr.fndesc.qualname, state.cr.fndesc.lookup_module()
        function = _dynfunc.make_function(
            module, name, "an inline function of kernels", 0, state.cr.env, (library,)
        )
        state.targetctx.insert_user_function(function, state.cr.fndesc, [library])
        state.cr = state.cr._replace(cfunc=function)
        return True


class KernelPipeline(CompilerBase):
    """The passes from Python's byte code to the machine code of a kernel."""

    lowering: type = NativeLowering

    def define_pipelines(self) -> list[Any]:
        """The one way to compile a function."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.add_pass_after(_Literals, InlineInlinables)
        manager.passes = [(self.lowering if p is NativeLowering else p, why) for p, why in manager.passes]
        manager.finalize()
        return [manager]


class InlinePipeline(KernelPipeline):
    """The passes from Python's byte code to the LLVM code of an inline function."""

    lowering = _InlineLowering
