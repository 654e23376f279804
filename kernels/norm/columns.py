"""The kernels of `channels`: sums over the rows of a sheet, what follows from them, and maps of its elements.

Sums are float64. Those of the squares are of distances from the block's first row: it is one of the summed
elements, so that their mean exceeds the variance by n times at most, and the difference of the two loses no
more digits than a sum of n numbers does, however large the mean.
"""

import math

import numpy as np

from ..engine.jit import inline, kernel
from ..simd import cast, clear, copy, fetch, pour, read, select, write
from .sheet import GROUP


@kernel
def _center(g, source, step, stride, lines, lines_step, first, last):
    """lines[block, f, c] = source[block * step + group of c * stride]

    lines: from block * lines_step on, g.folds times g.channels elements. A job is a block.
    """
    for block in range(first, last):
        for c in range(g.channels):
            value = source[block * step + c // g.members * stride]
            for fold in range(g.folds):
                lines[block * lines_step + fold * g.channels + c] = value


@inline
def _add(g, x, dy, y, lines, at, center, number, sums, to, count):
    """Add `number` rows to both sums of `count` columns."""
    one, two = read(sums, to, g.lanes, count), read(sums, to + g.period, g.lanes, count)
    middle = read(lines, center, g.lanes, count)
    for row in range(number):
        i = at + row * g.period
        fetch(x, i + GROUP * g.period, 0)
        distance = cast(read(x, i, g.lanes, count) - middle, np.float64)
        if g.gradient:
            fetch(dy, i + GROUP * g.period, 0)
            d = read(dy, i, g.lanes, count)
            if g.masked:
                fetch(y, i + GROUP * g.period, 0)
                d = select(read(y, i, g.lanes, count) <= 0, 0, d)
            term = cast(d, np.float64)
        else:
            term = distance
        one = one + term
        two = two + term * distance
    write(one, sums, to, count)
    write(two, sums, to + g.period, count)


@kernel
def _sums(g, x, dy, y, lines, lines_step, sums, first, last):
    """sums[block, part, 0, j] = sum of d[i, j], sums[block, part, 1, j] = sum of d[i, j] * (x[i, j] - m[j])

    over the rows i of a part, m = lines[block * lines_step :]. d is x - m or, with g.gradient, dy, with
    g.masked 0 where y <= 0; x, dy and y are flat sheets. Overwrites sums, float64. A job is a part of a
    block; `sheet` cuts them, by shapes alone. GROUP rows are read at a time.
    """
    period = g.period
    whole = g.size // period
    rest = g.size - whole * period
    for job in range(first, last):
        block = job // g.parts
        row0 = (job - block * g.parts) * g.rows
        row1 = min(row0 + g.rows, whole)
        start, center, to = block * g.size, block * lines_step, 2 * job * period
        clear(sums, to, 2 * period)
        for row in range(row0, row1, GROUP):
            number, at = min(GROUP, row1 - row), start + row * period
            for j in range(0, period, g.lanes):
                if period - j < g.lanes:
                    _add(g, x, dy, y, lines, at + j, center + j, number, sums, to + j, period - j)
                elif number == GROUP:
                    _add(g, x, dy, y, lines, at + j, center + j, GROUP, sums, to + j, g.lanes)
                else:
                    _add(g, x, dy, y, lines, at + j, center + j, number, sums, to + j, g.lanes)
        if row0 + g.rows > whole:
            at = start + whole * period
            for j in range(0, rest, g.lanes):
                count = min(g.lanes, rest - j)
                _add(g, x, dy, y, lines, at + j, center + j, 1, sums, to + j, count)


@inline
def _add_parts(g, sums, at):
    """Add the sums of all parts of a block, in order, to those of its first."""
    length = 2 * g.period
    for j in range(0, length, g.lanes):
        count = min(g.lanes, length - j)
        total = read(sums, at + j, g.lanes, count)
        for part in range(1, g.parts):
            total = total + read(sums, at + part * length + j, g.lanes, count)
        write(total, sums, at + j, count)


@kernel
def _moments(g, lines, sums, mean, var, first, last):
    """mean = m + S / n, var = Q / n - (S / n)^2 of each group, S and Q the sums that `_sums` has made

    n elements a group, m = lines[block]. sums (blocks, parts, 2, g.period) is used up; mean and var
    (blocks, g.groups) are overwritten. A job is a block.
    """
    count = g.size // g.groups
    for block in range(first, last):
        at = 2 * block * g.parts * g.period
        _add_parts(g, sums, at)
        for group in range(g.groups):
            s, q = 0.0, 0.0
            for c in range(group * g.members, (group + 1) * g.members):
                for fold in range(g.folds):
                    s += sums[at + fold * g.channels + c]
                    q += sums[at + fold * g.channels + c + g.period]
            s, q = s / count, q / count
            square = q - s * s
            mean[block * g.groups + group] = lines[block * g.period + group * g.members] + s
            var[block * g.groups + group] = 0.0 if square < 0 else square


@kernel
def affine_lines(g, before, mean, var, weight, bias, eps, lines, first, last):
    """lines[block, 0 to 2, f, c] = mean, weight / sqrt(var + eps), bias of each channel

    mean and var (blocks, g.groups); weight and bias (g.channels,), or without elements: 1 and 0. Lines
    `before`, if they have elements, are copied first, before those of the only block. A job is a block.
    """
    for block in range(first, last):
        copy(lines, 0, before, 0, before.size)
        at = before.size + 3 * block * g.period
        for c in range(g.channels):
            group = block * g.groups + c // g.members
            scale = 1 / math.sqrt(np.float64(var[group]) + eps)
            if weight.size:
                scale *= np.float64(weight[c])
            shift = np.float64(bias[c]) if bias.size else 0.0
            for fold in range(g.folds):
                j = at + fold * g.channels + c
                lines[j], lines[j + g.period], lines[j + 2 * g.period] = mean[group], scale, shift


@inline
def _affine_vector(g, x, lines, line, y, at, least, bypass, count):
    v = read(x, at, g.lanes, count) - read(lines, line, g.lanes, count)
    v = v * read(lines, line + g.period, g.lanes, count) + read(lines, line + 2 * g.period, g.lanes, count)
    pour(select(v < least, 0, v), y, at, count, bypass)


@kernel
def _affine(g, x, lines, y, least, bypass, first, last):
    """y[i, j] = (x[i, j] - lines[block, 0, j]) * lines[block, 1, j] + lines[block, 2, j], 0 where < least

    Overwrites y, a flat sheet like x, past the caches if `bypass`. A job is a part of a block; `sheet` cuts
    them.
    """
    period = g.period
    for job in range(first, last):
        block = job // g.parts
        begin = block * g.size + (job - block * g.parts) * g.rows * period
        end = min(begin + g.rows * period, (block + 1) * g.size)
        line = 3 * block * period
        for row in range(begin, end, period):
            length = min(period, end - row)
            for j in range(0, length, g.lanes):
                if length - j < g.lanes:
                    _affine_vector(g, x, lines, line + j, y, row + j, least, bypass, length - j)
                else:
                    _affine_vector(g, x, lines, line + j, y, row + j, least, bypass, g.lanes)


@kernel
def _slopes(g, sums, var, weight, eps, given, lines, parameters, first, last):
    """parameters[block, 0 and 1, c] = sum of dy * z, sum of dy; lines[block, 1 to 3] of `_gradient`

    z = (x - mean) / sqrt(var + eps), the sums those that `_sums` has made; the lines are weight / d, E / d
    and F / d^2 with d = sqrt(var + eps), E and F the means of weight * dy and weight * dy * z over a group,
    0 if the statistics were `given`. sums (blocks, parts, 2, g.period) is used up. A job is a block.
    """
    count, period = g.size // g.groups, g.period
    for block in range(first, last):
        at, line, to = 2 * block * g.parts * period, 4 * block * period, 2 * block * g.channels
        _add_parts(g, sums, at)
        for group in range(g.groups):
            scale = 1 / math.sqrt(np.float64(var[block * g.groups + group]) + eps)
            low, high = group * g.members, (group + 1) * g.members
            e, f = 0.0, 0.0
            for c in range(low, high):
                s, q = 0.0, 0.0
                for fold in range(g.folds):
                    s += sums[at + fold * g.channels + c]
                    q += sums[at + fold * g.channels + c + period]
                parameters[to + c], parameters[to + g.channels + c] = q * scale, s
                w = np.float64(weight[c]) if weight.size else 1.0
                e, f = e + w * s, f + w * q * scale
            e, f = (0.0, 0.0) if given else (e / count * scale, f / count * scale * scale)
            for c in range(low, high):
                w = np.float64(weight[c]) if weight.size else 1.0
                for fold in range(g.folds):
                    j = line + fold * g.channels + c
                    lines[j + period], lines[j + 2 * period], lines[j + 3 * period] = w * scale, e, f


@kernel
def _parameter_gradients(g, parameters, dw, db, first, last):
    """dw[c], db[c] = sum over the blocks of parameters[block, 0, c] and [block, 1, c]

    A job is a vector of channels.
    """
    for job in range(first, last):
        c = job * g.lanes
        count = min(g.lanes, g.channels - c)
        weight, bias = read(parameters, c, g.lanes, count), read(parameters, g.channels + c, g.lanes, count)
        for block in range(1, g.blocks):
            at = 2 * block * g.channels + c
            weight = weight + read(parameters, at, g.lanes, count)
            bias = bias + read(parameters, at + g.channels, g.lanes, count)
        write(weight, dw, c, count)
        write(bias, db, c, count)


@inline
def _gradient_vector(g, x, dy, y, lines, line, dx, at, bypass, count):
    d = read(dy, at, g.lanes, count)
    if g.masked:
        d = select(read(y, at, g.lanes, count) <= 0, 0, d)
    distance = read(x, at, g.lanes, count) - read(lines, line, g.lanes, count)
    d = d * read(lines, line + g.period, g.lanes, count) - read(lines, line + 2 * g.period, g.lanes, count)
    pour(d - distance * read(lines, line + 3 * g.period, g.lanes, count), dx, at, count, bypass)


@kernel
def _gradient(g, x, dy, y, lines, dx, bypass, first, last):
    """dx[i, j] = dy[i, j] * lines[1, j] - lines[2, j] - (x[i, j] - lines[0, j]) * lines[3, j]

    with the lines of the block; dy counts, with g.masked, as 0 where y <= 0. Overwrites dx, a flat sheet like
    x, past the caches if `bypass`. A job is a part of a block; `sheet` cuts them.
    """
    period = g.period
    for job in range(first, last):
        block = job // g.parts
        begin = block * g.size + (job - block * g.parts) * g.rows * period
        end = min(begin + g.rows * period, (block + 1) * g.size)
        line = 4 * block * period
        for row in range(begin, end, period):
            length = min(period, end - row)
            for j in range(0, length, g.lanes):
                if length - j < g.lanes:
                    _gradient_vector(g, x, dy, y, lines, line + j, dx, row + j, bypass, length - j)
                else:
                    _gradient_vector(g, x, dy, y, lines, line + j, dx, row + j, bypass, g.lanes)


@kernel
def _update(g, running_mean, running_var, mean, var, momentum, unbiased, batches, first, last):
    """running = (1 - momentum) * running + momentum * batch, var times `unbiased`; in float64, in place

    Four arrays (C,). batches (1,), if there, grows by 1; a momentum of NaN is 1 / batches then. One job.
    """
    if batches.size:
        batches[0] += 1
        momentum = 1 / batches[0] if math.isnan(momentum) else momentum
    for j in range(0, mean.size, g.lanes):
        count = min(g.lanes, mean.size - j)
        old = cast(read(running_mean, j, g.lanes, count), np.float64)
        new = cast(read(mean, j, g.lanes, count), np.float64)
        write(old * (1 - momentum) + new * momentum, running_mean, j, count)
        old = cast(read(running_var, j, g.lanes, count), np.float64)
        new = cast(read(var, j, g.lanes, count), np.float64) * unbiased
        write(old * (1 - momentum) + new * momentum, running_var, j, count)
