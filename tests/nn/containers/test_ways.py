"""What Residual and Concat share; their own tests have the rest."""

from fastconv import nn
from fastconv.nn.containers.ways import Ways


class Both(Ways):
    """Two ways that are added, without a forward."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Conv2d(1, 2, 1), nn.Sequential()

    def _ways(self):
        return self.children()

    def _join(self):
        return nn.Add()


def test_nodes_are_those_of_all_ways_and_the_join():
    nodes = Both()._parts("3", "2")
    assert [(node.name, node.inputs) for node in nodes] == [("3.left", ("2",)), ("3", ("3.left", "2"))]
    assert isinstance(nodes[-1].layer, nn.Add)


def test_shapes_and_costs_are_those_of_the_ways():
    both = Both()
    assert both._shapes((1, 3, 3)) == {"left": (2, 3, 3), "right": (1, 3, 3)}
    assert both.multiply_adds((1, 3, 3)) == 2 * 9
