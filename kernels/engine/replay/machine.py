"""What a call does whose program is found: match the arguments, make the results, run the kernels.

Python enters here as it enters any function written in C, and nothing is Python from here on, but for a
large result where `shelf` has no free block. A program is a run of words, read from its first to its last:

    nogil                                     whether other threads of Python may run meanwhile
    count, then each argument                 what it has to be:
        SAME, object                          this very object, which never changes
        INTEGER, int, value                   an integer of this value
        TUPLE, tuple, length, ...             a tuple of such items
        ARRAY, ndarray, dtype, axes, lengths and steps of the axes
    count, then each array that is made
        memory, dtype, axes, lengths and steps     `memory` is what hands out its memory, or 0 for NumPy
    count, then each kernel that runs
        task, jobs, workers, region, words, relocations, the words, the relocations
                                              the words of its arguments; a relocation is the index of one
                                              that is an address, that of the array it points into, and its
                                              distance from the array's first element in bytes; arrays are the
                                              arguments, then those that are made
    count, then each array that has to be zero by now: its index among those that are made, its words; if one
                                              is not, Python makes the call again, and says why it fails
    count, then each array that is returned: its index among those that are made; -1 - index: its scalar

A program that makes nothing marks a call that cannot be replayed.
"""

from ..native.layouts import ALIGNED, AXES, DATA, DIMENSIONS, DTYPE, FLAGS, ITEMS, LENGTH, STEPS, TYPE, WORD
from ..native.objects import (
    FIRST,
    NDARRAY,
    NONE,
    UNKNOWN,
    acquire_lock,
    call,
    decref,
    incref,
    integer,
    internal,
    new_array,
    new_tuple,
    put_item,
    release_lock,
    to_scalar,
)
from ..native.words import half, put, room, word
from ..region import enter, run

SAME, INTEGER, TUPLE, ARRAY = range(4)
PROGRAMS = 512
"""Slots for programs in a table; a power of two."""
PROBES = 4
"""Slots in a row in which a program may be."""
OBJECTS, WORDS = 32, 256
"""The most arguments and arrays of a program, and words of a kernel's arguments."""


@internal
def _fits(value: int, at: int) -> int:
    """Where the words of this argument end, if the object is what they ask for; else 0."""
    kind, expected = word(at), word(at + WORD)
    at += 2 * WORD
    if kind == SAME:
        return at if value == expected else 0
    if word(value + TYPE) != expected:
        return 0
    if kind == INTEGER:
        too_large = room(1)
        put(too_large, 0)
        equal = integer(value, too_large) == word(at) and half(too_large) == 0
        return at + WORD if equal else 0
    if kind == TUPLE:
        length = word(at)
        if word(value + LENGTH) != length:
            return 0
        at += WORD
        for i in range(length):
            at = _fits(word(value + ITEMS + i * WORD), at)
            if at == 0:
                return 0
        return at
    axes = word(at + WORD)
    if word(value + DTYPE) != word(at) or half(value + AXES) != axes or not half(value + FLAGS) & ALIGNED:
        return 0
    lengths, steps = word(value + DIMENSIONS), word(value + STEPS)
    at += 2 * WORD
    for i in range(axes):
        here = i * WORD
        if word(lengths + here) != word(at + here) or word(steps + here) != word(at + (axes + i) * WORD):
            return 0
    return at + 2 * axes * WORD


@internal
def _first_slot(arguments: int, count: int, ndarray: int) -> int:
    """The first slot in which the program may be: a hash of the lengths of all axes."""
    mixed = count
    for i in range(count):
        value = word(arguments + i * WORD)
        if word(value + TYPE) == ndarray:
            lengths = word(value + DIMENSIONS)
            for axis in range(half(value + AXES)):
                mixed = mixed * 31 + word(lengths + axis * WORD)
    return (mixed ^ (mixed >> 9)) & (PROGRAMS - 1)


@internal
def _made(at: int, table: int) -> int:
    """A new array as a program asks for it; 0, and Python's exception, where there is no memory."""
    memory, dtype, axes = word(at), word(at + WORD), word(at + 2 * WORD)
    lengths, data, owner = at + 3 * WORD, 0, 0
    if memory:
        owner = call(memory)
        if owner == 0:
            return 0
        data = word(owner + DATA)
    return new_array(table, dtype, axes, lengths, lengths + axes * WORD, data, owner)


@internal
def _kernels(at: int, objects: int) -> int:
    """Run the kernels; where their words end."""
    memory = room(WORDS)
    count = word(at)
    at += WORD
    for _ in range(count):
        task, jobs, workers, region = word(at), word(at + WORD), word(at + 2 * WORD), word(at + 3 * WORD)
        words, relocations = word(at + 4 * WORD), word(at + 5 * WORD)
        at += 6 * WORD
        for i in range(words):
            put(memory + i * WORD, word(at + i * WORD))
        at += words * WORD
        for _ in range(relocations):
            array = word(objects + word(at + WORD) * WORD)
            put(memory + word(at) * WORD, word(array + DATA) + word(at + 2 * WORD))
            at += 3 * WORD
        if workers > 1:
            enter(region, jobs, workers, task, memory)
        else:
            run(task, memory, 0, jobs)
    return at


@internal
def _failed(at: int, made: int) -> bool:
    """Whether a kernel has reported what it could not do."""
    for i in range(word(at)):
        verdicts = word(word(made + word(at + (1 + 2 * i) * WORD) * WORD) + DATA)
        for j in range(word(at + (2 + 2 * i) * WORD)):
            if word(verdicts + j * WORD):
                return True
    return False


@internal
def _result(at: int, made: int, table: int) -> int:
    """A new reference to the array that a program returns, to the tuple of them, or to a scalar."""
    count = word(at)
    if word(at + WORD) < 0:
        array = word(made - (1 + word(at + WORD)) * WORD)
        incref(array)
        return to_scalar(table, array)
    result = new_tuple(count) if count > 1 else 0
    for i in range(count):
        array = word(made + word(at + (1 + i) * WORD) * WORD)
        incref(array)
        if count == 1:
            result = array
        elif result:
            put_item(result, i, array)
        else:
            decref(array)
    return result


@internal
def _run(program: int, at: int, table: int, arguments: int, count: int) -> int:
    """Replay a program whose arguments fit and end at `at`; the result, or 0 with Python's exception set."""
    objects = room(OBJECTS)
    for i in range(count):
        put(objects + i * WORD, word(arguments + i * WORD))
    made = objects + count * WORD
    makes = word(at)
    incref(program)  # another thread may forget it meanwhile
    at += WORD
    done = 0
    while done < makes:
        array = _made(at, table)
        if array == 0:
            break
        put(made + done * WORD, array)
        at += (3 + 2 * word(at + 2 * WORD)) * WORD
        done += 1
    result = 0
    if done == makes:
        if word(word(program + DATA)):
            thread = release_lock()
            at = _kernels(at, objects)
            acquire_lock(thread)
        else:
            at = _kernels(at, objects)
        if _failed(at, made):
            result = word(table + NONE * WORD)
            incref(result)
        else:
            result = _result(at + (1 + 2 * word(at)) * WORD, made, table)
    for i in range(done):
        decref(word(made + i * WORD))
    decref(program)
    return result


def replay(self: int, arguments: int, count: int) -> int:
    """The result of a call that a program in the table fits; None if none does.

    As Python calls C: `self` is the table, an array of objects; at `arguments` lie those of the call.
    """
    table = word(self + DATA)
    none = word(table + NONE * WORD)
    first = _first_slot(arguments, count, word(table + NDARRAY * WORD))
    for probe in range(PROBES):
        program = word(table + (FIRST + ((first + probe) & (PROGRAMS - 1))) * WORD)
        if program == none:
            continue
        at = word(program + DATA) + WORD
        if word(at) != count:
            continue
        at += WORD
        for i in range(count):
            at = _fits(word(arguments + i * WORD), at)
            if at == 0:
                break
        if at:
            if word(at):
                return _run(program, at, table, arguments, count)
            result = word(table + UNKNOWN * WORD)
            incref(result)
            return result
    incref(none)
    return none


def first_slot(arguments: int, count: int, ndarray: int) -> int:
    """`_first_slot`, to be called from Python."""
    return _first_slot(arguments, count, ndarray)
