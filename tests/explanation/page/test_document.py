"""The page without a browser: what a reader without JavaScript has, and what the scripts start from."""

import base64
import errno
import html
import json
import math
import os
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from fastconv import backend, nn
from fastconv.explanation.page import nodes
from fastconv.explanation.page.planes import dimensions, planes
from tests.explanation.page.networks import NETWORKS, cnn, expected, explained, mlp, small, write

VOID = {"meta", "link", "input"}


class Page(HTMLParser):
    """Reads a page: every tag is closed in its turn, and the tables' cells are kept with their places."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.ids = [], [], []
        self.articles, self.maths, self.steps, self.records = [], 0, [], []
        self._array, self._place, self._raw = None, None, ""
        self.feed(text)
        self.close()
        assert not self.open

    @property
    def cells(self):
        """The numbers of the only derivation, as text by place, by symbol."""
        (article,) = self.articles
        return article

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.links += [attributes[name] for name in ("href", "src", "srcset", "data") if name in attributes]
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.maths += tag == "math"
        self.steps += [attributes["data-step"]] if "data-step" in attributes else []
        if tag == "article":
            self.articles.append({})
        if "data-of" in attributes:
            self._array = self.articles[-1].setdefault(attributes["data-of"], {})
        if tag == "table":
            self._start, self._down, self._right = map(int, attributes["data-at"].split(","))
            self._row = -1
        if tag == "tr":
            self._row, self._column = self._row + 1, -1
        if tag == "td":
            self._column += 1
            self._place = self._start + self._row * self._down + self._column * self._right
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self._place = None if tag == "td" else self._place

    def handle_data(self, data):
        if self.open[-1:] == ["td"]:
            assert self._place not in self._array
            self._array[self._place] = data
        if self.open[-1:] == ["script"]:
            self.records += [json.loads(data)] if data.startswith("{") else []


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The text of the page with the two networks of the derivation."""
    return write(tmp_path_factory.mktemp("page") / "page.html", cnn(), mlp()).read_text(encoding="utf-8")


def test_one_small_file_that_needs_nothing_else(both):
    assert len(both.encode()) < 400_000
    page = Page(both)
    assert [link for link in page.links if not link.startswith("#")] == ["data:,"]
    assert {link for link in page.links if link.startswith("#")} == {f"#{name}" for name in page.ids}
    assert not re.search(
        r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(|fetch\(|XMLHttp|WebSocket|eval\(", both
    )


def test_every_number_and_formula_is_there_without_scripts(both):
    page = Page(both)
    values = [expected(*network()) for network in (cnn, mlp)]
    assert page.steps == [symbol for found in values for symbol in found]
    assert [article.keys() for article in page.articles] == [found.keys() for found in values]
    # A formula for each array and each step, and those for single entries and written sums.
    assert page.maths >= 2 * len(page.steps)
    assert both.count("dL/dX") >= 2
    assert 'class="reader" aria-label="Where it comes from" hidden' in both
    assert 'class="training" hidden' in both


def shown_number(text):
    """A cell's number, and by how much it may be rounded."""
    text = text.replace("−", "-")
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return float(text), 0.5 * 10.0 ** (int(exponent or 0) - decimals)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_numbers_in_the_tables_are_the_explanation_s(name, tmp_path):
    network = NETWORKS[name]()
    page = Page(write(tmp_path / "page.html", network).read_text(encoding="utf-8"))
    steps = {step.symbol: step.value for step in explained(*network)}
    values = expected(*network) | steps  # and the gradient of the input
    assert page.cells.keys() == values.keys()
    for symbol, cells in page.cells.items():
        flat = np.ravel(values[symbol]).astype(float)
        assert sorted(cells) == list(range(flat.size)), symbol
        for place, text in cells.items():
            number, rounding = shown_number(text)
            assert number == pytest.approx(flat[place], abs=rounding * 1.001), (symbol, place)
            assert rounding <= 0.5 or number == flat[place] or rounding < 0.01 * np.abs(flat).max()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_record_has_what_is_given_bit_for_bit(name, tmp_path):
    network = NETWORKS[name]()
    (record,) = Page(write(tmp_path / "page.html", network).read_text(encoding="utf-8")).records
    assert record["computed"]
    given = {symbol for symbol, array in record["arrays"].items() if array["given"]}
    assert given == {symbol for symbol in record["arrays"] if re.fullmatch(r"[XxYyWb]\d?", symbol)}
    for step in explained(*network):
        array = record["arrays"][step.symbol]
        assert tuple(array["shape"]) == step.shape
        assert ("data" in array) == array["given"]
        if array["given"]:
            numbers = np.frombuffer(base64.b64decode(array["data"]), f"<{array['type']}")
            assert np.array_equal(numbers.reshape(step.shape), step.value)


def test_the_four_sums_of_the_filters_gradient_are_written_out(tmp_path):
    text = write(tmp_path / "page.html", small()).read_text(encoding="utf-8")
    found = re.search(r'data-step="dL/dW1">.*?<ul class="terms">(.*?)</ul>', text)[1]
    sums = [html.unescape(re.sub(r"<[^>]*>", "", line)) for line in found.split("</li>")[:-1]]
    assert [line.removeprefix("∂L∂W1") for line in sums] == [
        "[0,0]=1·0+2·(−0.25)+0·0+1·0=−0.5",
        "[0,1]=2·0+0·(−0.25)+1·0+3·0=0",
        "[1,0]=0·0+1·(−0.25)+2·0+1·0=−0.25",
        "[1,1]=1·0+3·(−0.25)+1·0+1·0=−0.75",
    ]


def test_the_gradient_of_the_input_is_derived_for_the_page_alone(tmp_path):
    model, loss, x, y = small()
    explanation = explained(model, loss, x, y)
    with pytest.raises(KeyError):
        explanation["dL/dX"]
    values = expected(model, loss, x, y)
    # dL/dZ1 is -0.25 at [0,1] alone: the filter [[1, -1], [0, 2]] times that, in columns 1 and 2.
    assert np.array_equal(values["dL/dX"], [[[[0, -0.25, 0.25], [0, 0, -0.5], [0, 0, 0]]]])
    text = write(tmp_path / "page.html", (model, loss, x, y)).read_text(encoding="utf-8")
    assert re.search(r'data-step="dL/dX">.*?<span class="check ok">ok ', text)


def test_an_input_that_is_read_twice_has_a_gradient_of_two_ways(tmp_path):
    model = nn.Sequential(nn.Residual(nn.Linear(3, 3)), nn.Linear(3, 1), seed=0)
    network = model, nn.MSELoss(), np.array([[1.0, -2, 0.5]], np.float32), np.array([[1]], np.float32)
    values = expected(*network)
    ways = [symbol for symbol in values if symbol.startswith("dL/dx")]
    assert ways == ["dL/dx (way 1)", "dL/dx (way 2)", "dL/dx"]
    np.testing.assert_allclose(values["dL/dx"], values[ways[0]] + values[ways[1]], rtol=1e-12)
    page = Page(write(tmp_path / "page.html", network).read_text(encoding="utf-8"))
    assert set(ways) <= page.cells.keys()
    (record,) = page.records
    assert not record["computed"]
    assert record["sums"] == {"dL/dx": ways[:2]}
    assert all("data" in array for array in record["arrays"].values())


def test_large_arrays_are_summed_up_and_layers_folded(tmp_path):
    model = nn.Sequential(nn.Linear(300, 2), nn.ReLU(), nn.Linear(2, 2), seed=0)
    x = np.linspace(-1, 1, 300, dtype=np.float32)
    text = write(tmp_path / "page.html", (model, nn.CrossEntropyLoss(), x, np.array(1))).read_text(
        encoding="utf-8"
    )
    page = Page(text)
    assert text.count("<details") == 5
    assert not page.cells["W1"]
    assert "600 numbers: min " in text
    assert sorted(page.cells["W2"]) == [0, 1, 2, 3]


def test_a_large_pass_is_shown_and_not_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(nodes, "LARGEST", 16)  # of the 17 multiplications of the small network
    (record,) = Page(write(tmp_path / "page.html", small()).read_text(encoding="utf-8")).records
    assert not record["computed"]
    assert all("data" in array for array in record["arrays"].values())
    monkeypatch.setattr(nodes, "LARGEST", 17)
    (record,) = Page(write(tmp_path / "page.html", small()).read_text(encoding="utf-8")).records
    assert record["computed"]


def test_names_cannot_break_the_page(tmp_path):
    class Odd(nn.Layer):
        """y = x + a parameter whose name is markup."""

        def __init__(self):
            super().__init__()
            self._parameters = {"</script><b>&": np.ones(1)}

        def forward(self, x, training=True):
            """The sum, and its closure."""
            name, array = next(iter(self._parameters.items()))
            return x + array, lambda dy, input_gradient=True: (dy, {name: dy.sum(axis=0)})

    network = (
        nn.Sequential(Odd(), nn.Linear(1, 1, dtype="float64")),
        nn.MSELoss(),
        np.ones((1, 1)),
        np.ones((1, 1)),
    )
    page = Page(write(tmp_path / "page.html", network).read_text(encoding="utf-8"))
    assert "</script><b>&1" in page.cells
    assert "</script><b>&1" in page.records[0]["arrays"]


def test_a_notebook_shows_the_page_in_a_frame(tmp_path):
    explanation = explained(*small())
    found = re.fullmatch(
        r'<iframe srcdoc="([^"]*)" sandbox="allow-scripts" [^>]*></iframe>', explanation._repr_html_()
    )
    assert html.unescape(found[1]) == write(tmp_path / "page.html", small()).read_text(encoding="utf-8")


def test_the_page_shows_what_was_explained_whatever_becomes_of_the_model(tmp_path):
    model, loss, x, y = small()
    explanation = explained(model, loss, x, y)
    before = write(tmp_path / "before.html", (model, loss, x, y)).read_text(encoding="utf-8")
    model[0].weight[...] = 7
    x[...] = 8
    with backend("reference"):
        explanation.to_html(tmp_path / "after.html")
    assert (tmp_path / "after.html").read_text(encoding="utf-8") == before


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(OSError, match="none"):
        explained(*small()).to_html(tmp_path / "none" / "page.html")
    with pytest.raises(ValueError, match=r": is a directory, needs to be a page$"):
        explained(*small()).to_html(tmp_path)
    with pytest.raises(TypeError, match=r"^to_html: path: got int, needs a file's name$"):
        explained(*small()).to_html(3)


def test_a_full_disk_leaves_the_page_that_was_there(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "page.html"
    path.write_text("before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"page\.html"):
        explained(*small()).to_html(path)
    assert path.read_text() == "before"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    ("shape", "columns", "written"),
    [((3, 4), False, "3 × 4"), ((2, 4), True, "4 × 2"), ((3,), True, "3 × 1"), ((1, 1, 6, 5), False, "6 × 5"),
     ((2, 3, 6, 5), False, "2 × 3 × 6 × 5"), ((1, 1), True, ""), ((), False, "")],
)  # fmt: skip
def test_dimensions_are_those_of_the_formulas(shape, columns, written):
    assert dimensions(shape, columns) == written


@pytest.mark.parametrize(
    "shape", [(), (1,), (5,), (40,), (1, 40), (3, 40), (2, 3), (2, 3, 4, 5), (1, 1, 2, 2), (2, 7, 3)]
)
@pytest.mark.parametrize("columns", [True, False])
def test_planes_show_every_number_once(shape, columns):
    found = [place for plane in planes(shape, columns) for r in range(plane.rows) for place in plane.row(r)]
    assert sorted(found) == list(range(math.prod(shape)))
