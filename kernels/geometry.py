"""A layer's geometry as a Numba TYPE.

The integers of a geometry become literals of the kernel's signature: LLVM sees constants where a plain
argument would cost address arithmetic, one dispatcher serves every geometry, and the disk cache finds each of
them again. Batch size and image height are not part of it: a new batch size compiles nothing.
"""

from typing import Any

from numba import types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, models, register_model, typeof_impl, unbox


class Geometry:
    """Named integers, read as attributes in Python and as literals in a kernel."""

    def __init__(self, **values: int) -> None:
        self.values = dict(sorted(values.items()))
        self.__dict__.update(values)
        self._numba_type_ = GeometryType(self.values)

    def __getattr__(self, name: str) -> int:
        raise AttributeError(f"geometry has no {name!r}; it has {', '.join(self.values)}")

    def __repr__(self) -> str:
        return self._numba_type_.name


class GeometryType(types.Type):
    """The type of a geometry: equal integers, equal type."""

    def __init__(self, values: dict[str, int]) -> None:
        self.values = values
        super().__init__(name=f"Geometry({', '.join(f'{k}={v}' for k, v in values.items())})")


register_model(GeometryType)(models.OpaqueModel)


@typeof_impl.register(Geometry)
def _typeof(value: Geometry, c: Any) -> GeometryType:
    return value._numba_type_


@unbox(GeometryType)
def _unbox(typ: GeometryType, value: Any, c: Any) -> NativeValue:
    return NativeValue(c.context.get_dummy_value())


@infer_getattr
class _Attribute(AttributeTemplate):
    key = GeometryType

    def generic_resolve(self, geometry: GeometryType, name: str) -> types.Type | None:
        return types.literal(geometry.values[name]) if name in geometry.values else None


@lower_getattr_generic(GeometryType)
def _lower(context: Any, builder: Any, geometry: GeometryType, value: Any, name: str) -> Any:
    return context.get_constant(types.intp, geometry.values[name])
