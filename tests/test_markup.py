from fastconv.markup import columns, table
from tests.pages import cells


def test_columns_are_aligned_and_lines_end_without_blanks():
    assert columns([("a", "1", "long"), ("bcd", "23", "")], "<><") == "a      1   long\nbcd   23"


def test_a_table_escapes_its_text():
    rows = [("<b>&amp;", 1), ('"', None)]
    html = table(["<script>", "n"], rows)
    assert cells(html) == [["<script>", "n"], ["<b>&amp;", "1"], ['"', "None"]]
    assert "<script>" not in html
    assert "<b>" not in html


def test_words_stand_to_the_left_and_numbers_to_the_right():
    html = table(["name", "size"], [("a", 1)])
    assert '<td style="text-align: left">a</td><td style="text-align: right">1</td>' in html
    assert "left" not in table(["n"], [(1,)], words=())


def test_a_table_without_rows():
    assert cells(table(["a", "b"], [])) == [["a", "b"]]
