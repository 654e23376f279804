import pytest

from tests.browser import browser, reason_to_skip
from tests.explanation.page.networks import write


@pytest.fixture(scope="session")
def chromium():
    if reason := reason_to_skip():
        pytest.skip(reason)
    with browser() as opened:
        yield opened


@pytest.fixture
def page(chromium, tmp_path):
    """Open a page with these networks."""

    def show(*networks, width=1280, **options):
        chromium.size(width, 900)
        chromium.open(write(tmp_path / "page.html", *networks, **options))
        return chromium

    return show
