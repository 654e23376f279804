"""A layer's geometry as a Numba TYPE.

The literals of a geometry are part of the kernel's signature: LLVM sees constants where a plain argument
would cost address arithmetic, one dispatcher serves every geometry, and the disk cache finds each of them
again. What no innermost loop needs is a size of the geometry: read by name like a literal, but at run time.
So layers that differ in sizes alone share their machine code. A literal may be the type of another geometry,
one of literals alone: an inline function that is given this part compiles like one of that geometry.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, models, register_model, typeof_impl, unbox

from .machine import lanes


class Geometry:
    """Named integers, read as attributes in Python and in a kernel: sizes and literals."""

    stages = 0
    """A literal that needs not be given: operations on the results of a kernel (`chain/stages.py`)."""

    def __init__(self, sizes: dict[str, int] | None = None, /, **literals: "int | GeometryType") -> None:
        sizes = sizes or {}
        self.__dict__.update(sizes, **literals)
        self._numba_type_ = GeometryType(dict(sorted(literals.items())), tuple(sizes))
        self._sizes = np.array([*sizes.values()], np.int64)
        self._address = self._sizes.ctypes.data
        self.entries: dict[Any, Any] = {}  # machine code by kernel: see jit.entry_point

    def __getattr__(self, name: str) -> int:
        kind = self._numba_type_
        raise AttributeError(f"geometry has no {name!r}; it has {', '.join([*kind.sizes, *kind.literals])}")

    def __repr__(self) -> str:
        return self._numba_type_.name


@lru_cache(maxsize=16)
def vector(dtype: np.dtype) -> Geometry:
    """The geometry of a loop over single vectors: their lanes."""
    return Geometry(lanes=lanes(dtype))


class GeometryType(types.Type):
    """The type of a geometry: the same names of sizes and equal literals, equal type."""

    def __init__(self, literals: "dict[str, int | GeometryType]", sizes: tuple[str, ...] = ()) -> None:
        self.literals, self.sizes = literals, sizes
        super().__init__(name=f"Geometry({', '.join([*sizes, *(f'{k}={v}' for k, v in literals.items())])})")


@register_model(GeometryType)
class _GeometryModel(models.PrimitiveModel):
    """A kernel is given the address of the sizes, which the caller keeps."""

    def __init__(self, dmm: Any, geometry: GeometryType) -> None:
        super().__init__(dmm, geometry, cgutils.intp_t.as_pointer())


@typeof_impl.register(Geometry)
def _typeof(value: Geometry, c: Any) -> GeometryType:
    return value._numba_type_


@unbox(GeometryType)
def _unbox(typ: GeometryType, value: Any, c: Any) -> NativeValue:
    attribute = c.pyapi.object_getattr_string(value, "_address")
    address = c.pyapi.long_as_longlong(attribute)
    c.pyapi.decref(attribute)
    return NativeValue(c.builder.inttoptr(address, cgutils.intp_t.as_pointer()))


@infer_getattr
class _Attribute(AttributeTemplate):
    key = GeometryType

    def generic_resolve(self, geometry: GeometryType, name: str) -> types.Type | None:
        if name in geometry.literals:
            literal = geometry.literals[name]
            return literal if isinstance(literal, GeometryType) else types.literal(literal)
        return types.int64 if name in geometry.sizes else None


@lower_getattr_generic(GeometryType)
def _lower(context: Any, builder: Any, geometry: GeometryType, value: Any, name: str) -> Any:
    if name in geometry.literals:
        literal = geometry.literals[name]
        is_part = isinstance(literal, GeometryType)
        return value if is_part else context.get_constant(types.intp, literal)
    address = cgutils.gep_inbounds(builder, value, geometry.sizes.index(name))
    size = builder.load(address)
    size.set_metadata("invariant.load", builder.module.add_metadata([]))  # no store of a kernel changes it
    return size
