import pytest

from fastconv.interop import pytorch

pytestmark = pytest.mark.torch


@pytest.fixture(scope="session")
def functional(torch):
    return torch.nn.functional


IMAGES = {
    "max_pool2d": lambda F, x: F.max_pool2d(x, 3, 2, 1, 1, ceil_mode=True),
    "avg_pool2d": lambda F, x: F.avg_pool2d(x, (2, 3), padding=(1, 0), count_include_pad=False),
    "adaptive_avg_pool2d": lambda F, x: F.adaptive_avg_pool2d(x, (2, None)),
    "adaptive_max_pool2d": lambda F, x: F.adaptive_max_pool2d(x, 2),
    "mean": lambda F, x: x.mean((2, 3)),
    "mean kept": lambda F, x: x.mean(1, keepdim=True),
    "nearest": lambda F, x: F.interpolate(x, scale_factor=2),
    "bilinear": lambda F, x: F.interpolate(x, (9, 4), mode="bilinear", align_corners=True),
    "pixel_shuffle": lambda F, x: F.pixel_shuffle(x, 2),
    "zeros": lambda F, x: F.pad(x, (1, 0, 2, -1)),
    "a number": lambda F, x: F.pad(x, (1, 2), value=1.5),
    "reflect": lambda F, x: F.pad(x, (1, 2, 0, 3), mode="reflect"),
    "replicate": lambda F, x: F.pad(x, (1, 2, 0, 3), mode="replicate"),
    "circular": lambda F, x: F.pad(x, (1, 2, 0, 3), mode="circular"),
}
SIGNALS = {
    "max_pool1d": lambda F, x: F.max_pool1d(x, 3, padding=1),
    "avg_pool1d": lambda F, x: F.avg_pool1d(x, 2, ceil_mode=True),
    "adaptive_avg_pool1d": lambda F, x: F.adaptive_avg_pool1d(x, 2),
    "linear": lambda F, x: F.interpolate(x, scale_factor=2, mode="linear"),
    "zeros": lambda F, x: F.pad(x, (1, 3)),
}


@pytest.mark.parametrize("name", IMAGES)
def test_images(name, of, same, functional):
    (layer,) = same(of(lambda _, x: IMAGES[name](functional, x)), 3, 4, 7, 6)
    assert layer.output_shape((4, 7, 6))


@pytest.mark.parametrize("name", SIGNALS)
def test_signals(name, of, same, functional):
    same(of(lambda _, x: SIGNALS[name](functional, x)), 3, 4, 7)


def test_other_axes_are_not_padded(of, functional, torch):
    with pytest.raises(
        ValueError, match=r"pad: pad: got \[0, 0, 0, 0, 1, 1\], needs pads of an image's height"
    ):
        pytorch.from_module(of(lambda _, x: functional.pad(x, (0, 0, 0, 0, 1, 1))), torch.zeros(2, 3, 4, 4))
