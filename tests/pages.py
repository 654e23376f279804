"""HTML that tests read: whether it is well formed, and what is in its tables."""

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.rows = [], []

    def handle_starttag(self, tag, attrs):
        assert tag in {"table", "thead", "tbody", "tr", "th", "td"}, tag
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        else:
            assert not data.strip(), data


def cells(html):
    """The text in the rows of a table, the header first; fails where a tag is not closed in its turn."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    assert len({len(row) for row in reader.rows}) == 1
    return reader.rows
