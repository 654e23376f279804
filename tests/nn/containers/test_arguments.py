import pytest

from fastconv import nn
from fastconv.nn.containers.arguments import layer_or_none, layers_of, name_of


def test_layers_are_layers():
    layer = nn.ReLU()
    assert layers_of("Kind", "argument", [layer]) == (layer,)
    assert layer_or_none("Kind", "body", None) is None
    with pytest.raises(TypeError, match=r"^Kind: argument 1: got the class ReLU, needs a layer, as in"):
        layers_of("Kind", "argument", [layer, nn.ReLU])
    with pytest.raises(TypeError, match=r"^Kind: body: got int, needs a layer, as in"):
        layer_or_none("Kind", "body", 3)


@pytest.mark.parametrize(
    ("name", "error"), [("", ValueError), ("a.b", ValueError), ("input", ValueError), (3, TypeError)]
)
def test_a_name_is_a_word_without_a_dot(name, error):
    assert name_of("Kind", "stem") == "stem"
    with pytest.raises(error, match=r"^Kind: name: got"):
        name_of("Kind", name)
