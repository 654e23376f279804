import pytest

from tests.interop.onnx.models import draw, model, node, refusal


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"kernel_shape": [2, 2]}, "got kernel_shape [2, 2], needs that of the weights, (3, 3)"),
        ({"strides": [1]}, "got 1 strides, needs 2, one for each axis of the kernel"),
        ({"pads": [1, 1]}, "got 2 pads, needs 4, one for each axis of the kernel"),
        (
            {"auto_pad": "NEVER"},
            "got auto_pad 'NEVER', needs NOTSET, VALID, SAME_UPPER or SAME_LOWER",
        ),
        ({"strides": [0, 1]}, "Conv2d: stride: got 0, needs an integer from 1 to 2147483647"),
        ({"pads": 1}, "got int as pads, needs a list"),
    ],
)
def test_windows_that_are_none_are_told(attributes, message, tmp_path):
    made = model([node("Conv", "x w", "y", **attributes)], {"w": draw(2, 3, 3, 3)})
    assert refusal(made, tmp_path) == f"load: node 'the Conv of y' (Conv): {message}"
