"""PyTorch's update rules, in place; float64 arithmetic, rounded when it is stored, as the reference does.

One call of a kernel updates all parameters of a type: it is given a table with one row for each of them. A
job is a part of every parameter. So a worker updates the rows of each weight whose gradients it has computed,
which lie in its cache: to fetch them from another's takes several times as long where two cores share none.
"""

import math

import numpy as np

from .engine.geometry import vector
from .engine.jit import get_num_threads, inline, kernel, share, vectorized, workers
from .engine.operand import elements
from .engine.walk import address
from .memory.buffers import CHUNK, cannot_be_planned, constant, flat_like, given, scratch

UNIT = 64
"""A part begins at a multiple of so many elements, at the beginning of a vector."""


def sgd(
    parameters, gradients, velocities, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False,
    first=False
):  # fmt: skip
    """g += weight_decay * p; v = momentum * v + (1 - dampening) * g; p -= lr * v (nesterov: g + momentum * v)

    Sequences of arrays of equal shapes; `velocities` may be empty when momentum is 0, and is set to g on the
    `first` step.
    """
    numbers = sgd_numbers(lr, momentum, dampening, weight_decay, nesterov, first)
    _update(_sgd, 40.0, parameters, gradients, (velocities,) if momentum else (), numbers)


def sgd_numbers(lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, first=False):
    """What the kernel of `sgd` is told."""
    return lr, momentum, dampening, weight_decay, nesterov, first


@kernel
def _sgd(g, table, like, numbers, parts, first, last):
    """The rule of `sgd` for all parameters of a type, in place; numbers: `sgd_numbers`

    One row of `table` for each parameter: its size, and the addresses of the arrays p, g and, with momentum,
    v, which are dense and of the type of `like`. A job is one of `parts` of every parameter; `_part` cuts
    them.
    """
    lr, momentum, dampening, weight_decay = numbers[0], numbers[1], numbers[2], numbers[3]
    nesterov, fresh = numbers[4] != 0, numbers[5] != 0
    for job in range(first, last):
        for row in range(len(table)):
            begin, end = _part(table[row, 0], parts, job)
            p, dp = _array(table, row, 0, begin, end, like), _array(table, row, 1, begin, end, like)
            v = _array(table, row, 2, begin, end, like) if momentum != 0 else p
            _sgd_part(p, dp, v, lr, momentum, dampening, weight_decay, nesterov, fresh)


@vectorized
def _sgd_part(p, g, v, lr, momentum, dampening, weight_decay, nesterov, fresh):
    decay, added = (0.0, 1.0) if fresh else (momentum, 1.0 - dampening)
    if momentum == 0:
        for i in range(p.size):
            p[i] = p[i] - lr * (g[i] + weight_decay * p[i] if weight_decay != 0 else np.float64(g[i]))
        return
    for i in range(p.size):
        d = g[i] + weight_decay * p[i] if weight_decay != 0 else np.float64(g[i])
        v[i] = added * d + (0.0 if fresh else decay * v[i])
        p[i] = p[i] - lr * (d + momentum * v[i] if nesterov else np.float64(v[i]))


def adam(
    parameters, gradients, means, squares, step, lr, beta1, beta2, eps, weight_decay=0.0, decoupled=False
):  # fmt: skip
    """m += (1 - beta1) * (g - m); s = beta2 * s + (1 - beta2) * g^2; p -= lr * m' / (sqrt(s') + eps)

    m' and s' divide m and s by 1 - beta^step. `weight_decay` adds to g; `decoupled` shrinks p instead
    (AdamW).
    """
    numbers = adam_numbers(step, lr, beta1, beta2, eps, weight_decay, decoupled)
    _update(_adam, 60.0, parameters, gradients, (means, squares), numbers)


def adam_numbers(step, lr, beta1, beta2, eps, weight_decay=0.0, decoupled=False):
    """What the kernel of `adam` is told: rate, root, both betas, eps, weight decay, shrink."""
    added, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    return lr / (1 - beta1**step), math.sqrt(1 - beta2**step), beta1, beta2, eps, added, shrink


@kernel
def _adam(g, table, like, numbers, parts, first, last):
    """m += (1 - beta1) * (d - m); s = beta2 * s + (1 - beta2) * d^2; p = q - rate m / (sqrt(s) / root + eps)

    with q = p * shrink and d = g + weight_decay * q, for all parameters of a type, in place; numbers:
    `adam_numbers`.

    One row of `table` for each parameter: its size, and the addresses of the arrays p, g, m and s, which are
    dense and of the type of `like`. A job is one of `parts` of every parameter; `_part` cuts them.
    """
    rate, root, beta1, beta2 = numbers[0], numbers[1], numbers[2], numbers[3]
    eps, weight_decay, shrink = numbers[4], numbers[5], numbers[6]
    for job in range(first, last):
        for row in range(len(table)):
            begin, end = _part(table[row, 0], parts, job)
            p, dp = _array(table, row, 0, begin, end, like), _array(table, row, 1, begin, end, like)
            m, s = _array(table, row, 2, begin, end, like), _array(table, row, 3, begin, end, like)
            _adam_part(p, dp, m, s, rate, root, beta1, beta2, eps, weight_decay, shrink)


@vectorized
def _adam_part(p, g, m, s, rate, root, beta1, beta2, eps, weight_decay, shrink):
    """The quotient is of the parameters' type, all else float64.

    Where gradients are zero, m and s decay, and are subnormal in the end, which makes roots and quotients
    slow: the quotient does without.
    """
    least, floor = _bounds(p, eps)
    scale, none, tiny = p.dtype.type(1 / root), p.dtype.type(0), p.dtype.type(_smallest(p))
    for i in range(p.size):
        d, value = np.float64(g[i]), p[i] * shrink
        if weight_decay != 0:
            d += weight_decay * value
        mean = p.dtype.type(m[i] + (1.0 - beta1) * (d - m[i]))
        square = p.dtype.type(beta2 * s[i] + (1.0 - beta2) * d * d)
        m[i], s[i] = mean, square
        shown = none if abs(mean) < tiny else mean
        p[i] = value - rate * (shown / (math.sqrt(square + floor) * scale + least))


def rmsprop(
    parameters, gradients, squares, velocities, means, lr, alpha, eps, weight_decay=0.0, momentum=0.0,
    centered=False
):  # fmt: skip
    """s = alpha * s + (1 - alpha) * g^2; v = momentum * v + g / (sqrt(s) + eps); p -= lr * v

    `weight_decay` adds to g. `centered` takes the square of m, m += (1 - alpha) * (g - m), off s in the root.
    Sequences of arrays of equal shapes; `velocities` may be empty when momentum is 0, `means` if not
    `centered`.
    """
    states = (squares, *((velocities,) if momentum else ()), *((means,) if centered else ()))
    numbers = rmsprop_numbers(lr, alpha, eps, weight_decay, momentum, centered)
    _update(_rmsprop, 60.0, parameters, gradients, states, numbers)


def rmsprop_numbers(lr, alpha, eps, weight_decay=0.0, momentum=0.0, centered=False):
    """What the kernel of `rmsprop` is told."""
    return lr, alpha, eps, weight_decay, momentum, centered


@kernel
def _rmsprop(g, table, like, numbers, parts, first, last):
    """s = alpha * s + (1 - alpha) * d^2; v = momentum * v + d / (sqrt(s - m^2) + eps); p -= lr * v

    with d = g + weight_decay * p and m += (1 - alpha) * (d - m), for all parameters of a type, in place;
    numbers: `rmsprop_numbers`.

    One row of `table` for each parameter: its size, and the addresses of the arrays p, g, s, with momentum v,
    and if `centered` m, which are dense and of the type of `like`. A job is one of `parts` of every
    parameter; `_part` cuts them.
    """
    lr, alpha, eps, weight_decay = numbers[0], numbers[1], numbers[2], numbers[3]
    momentum, centered = numbers[4], numbers[5] != 0
    sizes = scratch(CHUNK, like)
    for job in range(first, last):
        for row in range(len(table)):
            begin, end = _part(table[row, 0], parts, job)
            for at in range(begin, end, CHUNK):
                to = min(at + CHUNK, end)
                p, dp = _array(table, row, 0, at, to, like), _array(table, row, 1, at, to, like)
                s = _array(table, row, 2, at, to, like)
                _rmsprop_sizes(sizes, p, dp, s, alpha, weight_decay)
                if centered:
                    m = _array(table, row, 4 if momentum != 0 else 3, at, to, like)
                    _rmsprop_spreads(sizes, p, dp, m, alpha, weight_decay)
                v = _array(table, row, 3, at, to, like) if momentum != 0 else p
                _rmsprop_chunk(p, dp, v, sizes, lr, eps, weight_decay, momentum)


@vectorized
def _rmsprop_sizes(sizes, p, g, s, alpha, weight_decay):
    """Loops of their own: in one loop, LLVM would not vectorise what some settings leave out."""
    for i in range(p.size):
        d = g[i] + weight_decay * p[i] if weight_decay != 0 else np.float64(g[i])
        s[i] = alpha * s[i] + (1.0 - alpha) * d * d
        sizes[i] = s[i]


@vectorized
def _rmsprop_spreads(sizes, p, g, m, alpha, weight_decay):
    for i in range(p.size):
        d = g[i] + weight_decay * p[i] if weight_decay != 0 else np.float64(g[i])
        m[i] = m[i] + (1.0 - alpha) * (d - m[i])
        sizes[i] = sizes[i] - np.float64(m[i]) * m[i]


@vectorized
def _rmsprop_chunk(p, g, v, sizes, lr, eps, weight_decay, momentum):
    """The quotient is of the parameters' type, all else float64."""
    real, (least, floor) = p.dtype.type, _bounds(p, eps)
    if momentum == 0:
        for i in range(p.size):
            d = g[i] + weight_decay * p[i] if weight_decay != 0 else np.float64(g[i])
            p[i] = p[i] - lr * (real(d) / (math.sqrt(sizes[i] + floor) + least))
        return
    for i in range(p.size):
        d = g[i] + weight_decay * p[i] if weight_decay != 0 else np.float64(g[i])
        v[i] = momentum * v[i] + real(d) / (math.sqrt(sizes[i] + floor) + least)
        p[i] = p[i] - lr * v[i]


@inline
def _bounds(p, eps):
    """eps in the type of p, and what is added under the root, where it is too small to be seen beside eps."""
    real = p.dtype.type
    return real(eps if eps == 0 else max(eps, 1e-37)), real(0 if eps == 0 else _smallest(p))


@inline
def _smallest(p):
    """The smallest normal number of the type of p."""
    return 2.0**-126 if p.itemsize == 4 else 2.0**-1022


@inline
def _part(size, parts, job):
    """The first and the last (exclusive) element of a parameter in a job."""
    first, last = share((size + UNIT - 1) // UNIT, parts, job)
    return min(first * UNIT, size), min(last * UNIT, size)


@inline
def _array(table, row, which, begin, end, like):
    """The elements from `begin` to `end` of a parameter (0), its gradient (1) or a state."""
    return elements(table[row, 1 + which], begin, end - begin, like)


NUMBERS = {"sgd": sgd_numbers, "adam": adam_numbers, "rmsprop": rmsprop_numbers}
"""By rule, the function of its numbers that gives those of its kernel."""


def _update(run, work, parameters, gradients, states, numbers):
    """Update all parameters with one call of `run` for each type; `work` is that of one element."""
    groups: dict[np.dtype, list[tuple[np.ndarray, ...]]] = {}
    copied = []
    for arrays in zip(parameters, gradients, *states, strict=True):
        if arrays[0].size:
            lines = _dense(arrays)
            if lines is not arrays:
                copied.append((arrays, lines))
            groups.setdefault(lines[0].dtype, []).append(lines)
    if copied:
        cannot_be_planned("a parameter that is not dense")
    told = given(*numbers)
    for dtype, lines_of_all in groups.items():
        table = np.array([(lines[0].size, *map(address, lines)) for lines in lines_of_all], np.int64)
        whole = work * float(table[:, 0].sum())
        parts = workers(get_num_threads(), whole)
        run(parts, whole, vector(dtype), constant(table), np.empty(0, dtype), told, parts)
    for arrays, lines in copied:
        _put_back(arrays, lines)


def _dense(arrays):
    """A parameter, its gradient and its states; flat and in the parameter's order if one is not dense."""
    for array in arrays:
        if not array.flags.c_contiguous:
            return tuple([flat_like(a, arrays[0]) for a in arrays])
    return arrays


def _put_back(arrays, lines):
    """Copy a parameter and its states back from those lines that are copies; the gradient has not changed."""
    for which, (array, line) in enumerate(zip(arrays, lines, strict=True)):
        if which != 1 and not np.may_share_memory(array, line):
            ordered = np.empty_like(arrays[0])
            ordered.ravel(order="K")[...] = line
            array[...] = ordered
