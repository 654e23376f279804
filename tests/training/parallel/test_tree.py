import itertools

import numpy as np
import pytest

from fastconv.training.parallel.tree import bounds, cut, program


def add_up(instructions, values):
    stack = []
    for node in instructions:
        if node is None:
            right = stack.pop()
            stack[-1] = f"({stack[-1]}+{right})"
        else:
            stack.append(values(node))
    return stack.pop() if stack else ""


def test_the_tree_of_eight_shards():
    leaves = frozenset((shard, shard + 1) for shard in range(8))
    text = add_up(program((0, 8), leaves), lambda node: str(node[0]))
    assert text == "(((0+1)+(2+3))+((4+5)+(6+7)))"


def test_empty_shards_are_passed_over():
    assert add_up(program((0, 8), frozenset([(2, 3), (5, 6), (7, 8)])), lambda n: str(n[0])) == "(2+(5+7))"
    assert program((0, 8), frozenset()) == ()


@pytest.mark.parametrize(("samples", "shards"), [(64, 8), (61, 8), (3, 8), (1, 8), (20, 5), (7, 6), (9, 1)])
def test_any_ranks_add_up_in_the_same_order(samples, shards):
    whole = cut(samples, shards, 1)
    expected = add_up(whole.programs[0][0], lambda node: str(node[0]))
    for ranks in range(1, shards + 1):
        dealt = cut(samples, shards, ranks)
        sums = {
            node: add_up(instructions, lambda leaf: str(leaf[0]))
            for rank in range(ranks)
            for node, instructions in zip(dealt.nodes[rank], dealt.programs[rank], strict=True)
        }
        assert add_up(dealt.whole, sums.__getitem__) == expected


@pytest.mark.parametrize(("samples", "shards", "ranks"), [(64, 8, 3), (5, 8, 8), (13, 4, 2), (100, 8, 5)])
def test_every_sample_is_in_one_shard_of_one_rank(samples, shards, ranks):
    dealt = cut(samples, shards, ranks)
    rows = [dealt.rows(rank) for rank in range(ranks)]
    assert rows[0].start == 0
    assert rows[-1].stop == samples
    assert all(one.stop == other.start for one, other in itertools.pairwise(rows))
    parts = [part for rank in range(ranks) for _, part in dealt.parts(rank)]
    assert np.concatenate([np.arange(samples)[part] for part in parts]).tolist() == [*range(samples)]
    sizes = [part.stop - part.start for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_bounds():
    assert [bounds(10, 4, part) for part in range(4)] == [slice(0, 2), slice(2, 5), slice(5, 7), slice(7, 10)]
