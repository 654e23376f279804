import pytest

from fastconv.benchmark import rows
from fastconv.benchmark.rows import parse


def test_every_field_of_a_convolution():
    line = "conv 4 64 56 54 | 128 3 5 | stride=2 padding=1 dilation=3 groups=2 bias quick | layer2.0 conv1"
    row = parse(line, "resnet")
    assert (row.set, row.kind, row.size, row.layer) == ("resnet", "conv", (4, 64, 56, 54), (128, 3, 5))
    assert (row.stride, row.groups, row.name, row.quick) == (2, 2, "layer2.0 conv1", True)
    assert [row.option(name) for name in ("padding", "dilation", "bias")] == [1, 3, 1]
    assert row.outer == (26, 22)  # (56 + 2 - 3 * 2 - 1) // 2 + 1, (54 + 2 - 3 * 4 - 1) // 2 + 1
    assert row.passes == ("forward", "input", "weight")
    assert parse(row.line, "resnet") == row


def test_what_a_line_leaves_out():
    row = parse("conv 1 3 8 8 | 16 3 3 | | conv1")
    assert (row.stride, row.groups, row.option("padding"), row.option("bias")) == (1, 1, 0, 0)
    assert (row.option("dilation", 1), row.quick, row.outer) == (1, False, (6, 6))


def test_a_pooling_steps_by_its_window():
    assert parse("max_pool 1 3 9 8 | 3 2 | | pool").stride == 3
    assert parse("max_pool 1 3 9 8 | 3 2 | stride=1 padding=1 | pool").outer == (9, 9)
    assert parse("avg_pool 1 3 9 8 | 3 2 | | pool").outer == (3, 3)
    assert parse("adaptive_avg_pool 1 3 9 8 | 3 2 | | pool").outer == (3, 2)


def test_parameters_of_an_optimizer():
    row = parse("adam 6x1x5x5 6 10x84 | | | LeNet")
    assert (row.size, row.shapes) == ((), ((6, 1, 5, 5), (6,), (10, 84)))
    assert row.passes == ("step",)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "conv 2 3 8 9 | 16 3 5 | stride=2 padding=1 bias | c",
            "2x3x8x9, 16 of 3x5, stride 2, padding 1",
        ),
        ("dense 64 400 | 120 | bias | fc", "batch 64, 400 to 120"),
        ("max_pool 1 3 9 8 | 3 2 | stride=2 | p", "1x3x9x8, 3x2, stride 2"),
        ("avg_pool 1 3 9 8 | 3 2 | padding=1 | p", "1x3x9x8, 3x2, padding 1"),
        ("adaptive_avg_pool 1 3 9 8 | 1 1 | | p", "1x3x9x8, to 1x1"),
        ("relu 64 16 8 8 | | | r", "64x16x8x8"),
        ("softmax 64 10 | | | s", "64x10"),
        ("sgd 6x1x5x5 6 10x84 | | | o", "996 parameters in 3 arrays"),
    ],
)
def test_a_row_in_words(line, words):
    assert parse(line).described == words


CONV = "needs 'conv N C H W | K R S | OPTIONS | NAME'"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cnv 1 3 8 8 | 16 3 3 | | a", "got kind 'cnv', needs one of conv, dense, max_pool"),
        ("| 16 3 3 | | a", "got kind '', needs one of conv"),
        ("conv 1 3 8 | 16 3 3 | | a", f"got 'conv 1 3 8 | 16 3 3 | | a', {CONV}"),
        ("conv 1 3 8 8 | 16 3 | | a", f"got 'conv 1 3 8 8 | 16 3 | | a', {CONV}"),
        ("conv 1 3 8 8 | 16 3 3 | a", f"got 'conv 1 3 8 8 | 16 3 3 | a', {CONV}"),
        ("conv 1 3 8 8 | 16 3 3 | |", f"got 'conv 1 3 8 8 | 16 3 3 | |', {CONV}"),
        ("conv 1 3 8 0 | 16 3 3 | | a", CONV),
        ("conv 1 3 8 x | 16 3 3 | | a", CONV),
        ("conv 1 3 8 2x2 | 16 3 3 | | a", CONV),
        ("conv 1 3 8 8 | 16 3 3 | | a | b", CONV),
        ("relu | | | a", "needs 'relu N ... | | OPTIONS | NAME'"),
        ("sgd | | | a", "needs 'sgd SHAPE ... | | OPTIONS | NAME'"),
        (
            "conv 1 3 8 8 | 16 3 3 | pad=1 | a",
            "got option 'pad=1', needs one of: stride=NUMBER",
        ),
        ("conv 1 3 8 8 | 16 3 3 | padding=-1 | a", "got option 'padding=-1'"),
        ("conv 1 3 8 8 | 16 3 3 | padding= | a", "got option 'padding='"),
        ("relu 8 | | bias | a", "got option 'bias', needs one of: quick"),
        ("conv 1 3 8 8 | 16 3 3 | groups=2 | a", "got groups=2, needs a divisor of 3 and 16"),
        ("conv 1 3 8 8 | 16 3 3 | stride=0 | a", "got a stride or a dilation of 0"),
        ("conv 1 3 8 8 | 16 9 3 | | a", "got an output of 0x6, needs a larger image or padding"),
    ],
)
def test_lines_that_are_refused(line, message):
    with pytest.raises(ValueError, match=r"^file\.txt:3: got ") as error:
        parse(line, where="file.txt:3: ")
    assert message in str(error.value)


def test_a_file_of_rows(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("# a network\n\nrelu 8 | | | one  # first\nrelu 9 | | quick | two\n")
    read = rows.read(str(path))
    assert [(row.set, row.name, row.size, row.quick) for row in read] == [
        ("mine", "one", (8,), False),
        ("mine", "two", (9,), True),
    ]


def test_a_bad_line_is_named(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("# a network\nrelu 8 | | | one\nrelu 8 |\n")
    with pytest.raises(ValueError, match=r"mine\.txt:3: got 'relu 8 \|', needs 'relu N"):
        rows.read(str(path))


def test_a_file_without_rows(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("# nothing\n")
    with pytest.raises(ValueError, match="got a file without a row"):
        rows.read(str(path))


def test_an_unknown_set():
    with pytest.raises(
        ValueError, match=r"--set: got 'vgg16', needs a file FILE\.txt or one of networks, lenet, "
    ):
        rows.read("vgg16")


def test_the_names_are_those_of_the_files():
    assert sorted(rows.names()) == sorted(path.stem for path in rows.LAYERS.iterdir())


@pytest.mark.parametrize("name", rows.names())
def test_the_sets_that_come_with_fastconv(name):
    text = (rows.LAYERS / f"{name}.txt").read_text(encoding="utf-8")
    assert text.startswith("# "), "no word on the network"
    read = rows.read(name)
    assert any(row.quick for row in read)
    for unique in (lambda row: row.name, lambda row: row.line):
        assert len({unique(row) for row in read}) == len(read)


def test_the_sets_hold_what_they_are_named_after():
    assert {row.size[1] for row in rows.read("few_channels")} == {1, 2, 3}
    assert {row.size[0] for row in rows.read("batch1")} == {1}
    for name, kinds in (("dense", {"dense"}), ("pool", {*rows.POOLS}), ("optimizers", {"sgd", "adam"})):
        assert {row.kind for row in rows.read(name)} == kinds
