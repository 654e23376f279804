from fastconv import nn
from fastconv.interop.pytorch.nesting import Step, nested


def steps(**reads):
    """A ReLU for each name, in which __ is a dot, or an Add where it reads several."""
    return {
        name.replace("__", "."): Step(nn.Add() if len(r) > 1 else nn.ReLU(), r) for name, r in reads.items()
    }


def test_a_chain_is_a_sequence_and_numbers_are_no_names():
    model = nested(steps(a__0=("input",), a__1=("a.0",), b=("a.1",)), "b")
    assert repr(model) == repr(nn.Sequential({"a": nn.Sequential(nn.ReLU(), nn.ReLU()), "b": nn.ReLU()}))


def test_what_leads_nowhere_is_left_out():
    model = nested(steps(a=("input",), dead=("a",), b=("a",)), "b")
    assert list(model.children()) == ["a", "b"]


def test_a_module_with_two_ways_is_a_graph_inside():
    given = steps(a=("input",), block__x=("a",), block__sum=("block.x", "a"), end=("block.sum",))
    model = nested(given, "end")
    assert isinstance(model, nn.Sequential)
    assert model.block.reads()["sum"][1] == ("x", "input")


def test_what_is_read_from_the_middle_stands_outside():
    given = steps(m__0=("input",), m__1__x=("m.0",), m__1__y=("m.1.x",), sum=("m.0", "m.1.y"))
    model = nested(given, "sum")
    assert list(model.children()) == ["m_0", "m_1", "sum"]
    assert list(model.children()["m_1"].children()) == ["x", "y"]


def test_a_join_at_its_beginning_stands_before_a_module():
    given = steps(a=("input",), m__cat=("a", "input"), m__x=("m.cat",), m__y=("m.x",), sum=("m.y", "a"))
    model = nested(given, "sum")
    assert list(model.children()) == ["a", "m_cat", "m", "sum"]
    assert list(model.children()["m"].children()) == ["x", "y"]


def test_a_module_stands_behind_what_it_reads():
    given = steps(m__a=("input",), x=("input",), m__b=("m.a",), y=("x",), sum=("m.b", "y"))
    assert list(nested(given, "sum").children()) == ["x", "m", "y", "sum"]
