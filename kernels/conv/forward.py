"""conv2d and its input gradient: both are direct convolutions."""

from functools import lru_cache

from ..buffers import channels_last, empty_channels_last, plain
from ..shape import axes, phases
from . import direct
from .pack import Steps, pack, pad_bias


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """y[n, k, p, q] = bias[k] + sum of x[n, c, p * stride + r * dilation - top, ...] * w[k, c, r, s]

    input (N, C, H, W), weight (K, C / groups, kH, kW), bias (K,) to (N, K, P, Q), channels-last.
    """
    plan = _forward_plan(input.shape[1:], weight.shape, stride, padding, dilation, groups, input.dtype)
    images, filters = input.shape[0], weight.shape[0]
    output = empty_channels_last((images, filters, plan.height.outputs, plan.width.outputs), input.dtype)
    if output.size:
        _, c, kh, kw = weight.shape
        k, area = filters // groups, kh * kw
        packed = pack(plan, plain(weight).reshape(-1), Steps(0, k * c * area, kw, 1, area, c * area))
        padded_bias = pad_bias(plan, bias, input.dtype)
        direct.run(plan, channels_last(input), packed, padded_bias, channels_last(output), images)
    return output


@lru_cache(maxsize=1024)
def _forward_plan(size, weight_shape, stride, padding, dilation, groups, dtype):
    height, width = axes(size, weight_shape, stride, padding, dilation)
    filters, channels = weight_shape[:2]
    area = height.outputs * width.outputs
    place = direct.Place(0, area * filters, width.outputs * filters, filters)
    return direct.plan(height, width, channels, filters // groups, groups, place, dtype)


def conv2d_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """dx[n, c, i, j] = sum of dy[n, k, p, q] * w[k, c, r, s] where i = p * stride + r * dilation - top, ...

    For each remainder of i and j modulo the stride, a convolution of dy with the flipped taps that reach it.
    input_size (N, C, H, W), weight (K, C / groups, kH, kW), grad_output (N, K, P, Q) to (N, C, H, W),
    channels-last.
    """
    images, dtype = input_size[0], grad_output.dtype
    plans, complete = _input_plans(
        tuple(input_size[1:]), weight.shape, stride, padding, dilation, groups, dtype
    )
    grad_input = empty_channels_last(tuple(input_size), dtype)
    if not complete:
        grad_input[...] = 0
    if grad_input.size and grad_output.size:
        target, source, filters = (
            channels_last(grad_input),
            channels_last(grad_output),
            plain(weight).reshape(-1),
        )
        for plan, steps in plans:
            packed = pack(plan, filters, steps)
            direct.run(plan, source, packed, pad_bias(plan, None, dtype), target, images)
    return grad_input


@lru_cache(maxsize=1024)
def _input_plans(size, weight_shape, stride, padding, dilation, groups, dtype):
    """A plan and the steps of its filters for each phase, and whether the phases reach every input."""
    height, width = axes(size, weight_shape, stride, padding, dilation)
    filters, c, kh, kw = weight_shape
    k, area, row = filters // groups, kh * kw, width.size * c * groups
    plans, complete = [], True
    for h in phases(height):
        for w in phases(width):
            if h is None or w is None:
                complete = False
                continue
            place = direct.Place(
                h.offset * row + w.offset * c * groups, height.size * row, height.stride * row,
                width.stride * c * groups,
            )  # fmt: skip
            plan = direct.plan(h.axis, w.axis, k, c, groups, place, dtype)
            steps = Steps(h.last * kw + w.last, k * c * area, -h.step * kw, -w.step, c * area, area)
            plans.append((plan, steps))
    return plans, complete
