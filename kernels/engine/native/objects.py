"""Objects of Python and NumPy as machine code makes, counts and calls them; `layouts` has their fields.

The caller holds Python's lock (the GIL).
"""

from numba import njit, types

from .layouts import COUNT, DATA, WORD, WRITEABLE
from .words import half, invoke, word

FUNCTIONS, NDARRAY, NONE, UNKNOWN, BYTE, FIRST = range(6)
"""Objects at the head of each table that machine code reads (`entry.head`); others follow from FIRST on."""
NEW_ARRAY, SET_BASE, TO_SCALAR = range(3)
"""The functions of NumPy, in this order."""

internal = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Compile a function that machine code alone calls."""
_int, _void = types.int64, types.void
incref = types.ExternalFunction("Py_IncRef", _void(_int))
decref = types.ExternalFunction("Py_DecRef", _void(_int))
call = types.ExternalFunction("PyObject_CallNoArgs", _int(_int))
integer = types.ExternalFunction("PyLong_AsLongLongAndOverflow", _int(_int, _int))
new_tuple = types.ExternalFunction("PyTuple_New", _int(_int))
put_item = types.ExternalFunction("PyTuple_SetItem", _int(_int, _int, _int))
release_lock = types.ExternalFunction("PyEval_SaveThread", _int())
acquire_lock = types.ExternalFunction("PyEval_RestoreThread", _void(_int))


@internal
def new_array(head: int, dtype: int, axes: int, lengths: int, steps: int, data: int, owner: int) -> int:
    """A new array in NumPy's memory, or from `data` on in that of `owner`; 0 where an exception is set."""
    incref(dtype)  # NumPy keeps this one
    functions = word(word(head + FUNCTIONS * WORD) + DATA)
    kind, flags = word(head + NDARRAY * WORD), WRITEABLE if owner else 0
    array = invoke(word(functions + NEW_ARRAY * WORD), (kind, dtype, axes, lengths, steps, data, flags, 0))
    if owner:
        if array == 0:
            decref(owner)
        else:
            invoke(word(functions + SET_BASE * WORD), (array, owner))
    return array


@internal
def to_scalar(head: int, array: int) -> int:
    """NumPy's scalar of an array without axes; the reference to the array becomes one to the scalar."""
    return invoke(word(word(word(head + FUNCTIONS * WORD) + DATA) + TO_SCALAR * WORD), (array,))


@internal
def references(value: int) -> int:
    """How many references to an object there are."""
    return half(value + COUNT)
