import webbrowser

import pytest


def test_both_networks_one_after_the_other(fastconv):
    both = fastconv("explain")
    assert (both.status, both.err) == (0, "")
    assert (
        both.out
        == fastconv("explain", "--network", "cnn").out + "\n" + fastconv("explain", "--network", "mlp").out
    )


@pytest.mark.parametrize(
    ("network", "layers", "steps"),
    [
        (
            "cnn",
            "Conv2d -> ReLU -> MaxPool2d -> Flatten -> Linear -> BCEWithLogitsLoss",
            ("dL/dW1", "dL/db2"),
        ),
        ("mlp", "Linear -> ReLU -> Linear -> CrossEntropyLoss", ("dL/dW1", "dL/db2")),
    ],
)
def test_every_gradient_is_shown_and_agrees(fastconv, network, layers, steps):
    out = fastconv("explain", "--network", network).out
    assert out.startswith(layers)
    for step in steps:
        assert f"\n{step} = " in out
    assert " ok " in out
    for verdict in ("DIFFERS", "too small", "at a kink ("):
        assert verdict not in out


def test_both_networks_are_one_page(fastconv, tmp_path):
    path = tmp_path / "page.html"
    result = fastconv("explain", "--html", path)
    assert (result.status, result.out, result.err) == (0, f"wrote {path}\n", "")
    assert path.read_text(encoding="utf-8").count("<article") == 2
    assert fastconv("explain", "--network", "mlp", "--html", path).status == 0
    page = path.read_text(encoding="utf-8")
    assert page.count("<article") == 1
    assert "Linear → ReLU → Linear → CrossEntropyLoss" in page


def test_the_page_opens_in_the_browser(fastconv, tmp_path, monkeypatch):
    path, opened = tmp_path / "page.html", []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    assert fastconv("explain", "--html", path, "--open").status == 0
    assert opened == [path.as_uri()]


def test_what_cannot_be_written_or_opened_is_one_line(fastconv, refused, tmp_path, monkeypatch):
    missing = tmp_path / "none" / "page.html"
    assert refused("explain", "--html", missing) == f"{missing.parent}: the folder to save to is missing"
    assert refused("explain", "--html", tmp_path) == f"{tmp_path}: is a directory, needs to be a page"
    assert refused("explain", "--open") == "--open: needs --html FILE"
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    path = tmp_path / "page.html"
    result = fastconv("explain", "--html", path, "--open")
    assert (result.status, result.err) == (
        2,
        f"fastconv: error: --open: found no browser; {path} is written\n",
    )
