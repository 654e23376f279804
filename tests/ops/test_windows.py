"""Windows of poolings, the padding that TensorFlow calls "same" among them."""

import numpy as np
import pytest

from fastconv import functional, grad
from fastconv.ops.rank import LINE, PLANE
from fastconv.ops.windows import checked_windows


def sides(size, reach, stride):
    """TensorFlow's rule: an odd total pads more at the end."""
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("taps", [1, 2, 3, 4])
@pytest.mark.parametrize("size", range(1, 12))
def test_named_padding_gives_every_stride_an_output_and_every_window_a_pixel(size, taps, stride, dilation):
    window = taps, stride, "same_upper", dilation, False
    around = sides(size, (taps - 1) * dilation + 1, stride)
    count = -(-size // stride)
    places = np.arange(count)[:, None] * stride - around[0] + np.arange(taps) * dilation
    if not ((places >= 0) & (places < size)).any(axis=1).all():
        assert dilation > size  # only dilated taps can lie on both sides of an image
        with pytest.raises(ValueError, match="needs no window that falls beside the image"):
            checked_windows(LINE, "f", "input", (2, 3, size), *window)
        return
    windows, output = checked_windows(LINE, "f", "input", (2, 3, size), *window)
    assert windows.padding == ((0, 0), around)
    assert output == (2, 3, count)
    assert checked_windows(LINE, "f", "input", (2, 3, size), *window[:4], True)[1] == output


@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), ((2, 3), (3, 1)), (5, 4)])
def test_named_padding_is_what_it_stands_for(kernel, stride):
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 7))
    given = {"kernel_size": kernel, "stride": stride}
    windows, output = checked_windows(PLANE, "f", "input", x.shape, kernel, stride, "same_upper", 1, False)
    wide = {**given, "padding": windows.padding}
    for name, options in (("max_pool2d", {}), ("avg_pool2d", {"count_include_pad": False})):
        function = getattr(functional, name)
        y = function(x, **given, padding="same_upper", **options)
        assert y.shape == output
        np.testing.assert_array_equal(y, function(x, **wide, **options))
    dx = grad.avg_pool2d_input(y, x.shape, **given, padding="same_upper")
    np.testing.assert_array_equal(dx, grad.avg_pool2d_input(y, x.shape, **wide))
