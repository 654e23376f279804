import pytest

from tests.interop.onnx.writing.cases import OPSETS, assert_same, cases, drawn


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize(("make", "shape"), cases("resample"))
def test_onnxruntime_computes_the_same(make, shape, opset, tmp_path):
    assert_same(drawn(make), shape, tmp_path / "model.onnx", opset)
