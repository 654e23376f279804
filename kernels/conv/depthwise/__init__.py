"""Depthwise convolution: each channel has one filter of its own, and the lanes run over the channels.

    y[n, p, q, c] = bias[c] + sum over r, s of x[n, p * stride + r * dilation - top, ..., c] * w[r, s, c]

Nothing is padded: what lies outside of the image is left out of the sum, and pixels whose window leaves it at
the left or right are computed one by one.
"""
