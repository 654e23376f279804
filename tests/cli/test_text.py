import pytest

from fastconv.cli import text


@pytest.mark.parametrize(("share", "shown"), [(1, "100.00 %"), (0.98765, "98.77 %"), (0, "0.00 %")])
def test_percent(share, shown):
    assert text.percent(share) == shown


@pytest.mark.parametrize(("number", "shown"), [(1, "1 image"), (0, "0 images"), (12345, "12,345 images")])
def test_count(number, shown):
    assert text.count(number, "image") == shown


def test_shape():
    assert text.shape((1, 8, 8)) == "1 x 8 x 8"
