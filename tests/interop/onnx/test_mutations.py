"""Damaged files end in documented errors; `mutations` reads as many of them as one likes."""

from fastconv.interop.onnx import load
from tests.interop.onnx.models import written
from tests.interop.onnx.mutations import originals, outcomes


def test_damaged_files_give_documented_errors(tmp_path):
    found = outcomes(400, 0, tmp_path / "model.onnx")
    assert sum(found.values()) == 400
    assert 10 < found["a model"] < 200


def test_the_originals_are_whole(tmp_path):
    for index, made in enumerate(originals()):
        load(written(made, tmp_path, f"{index}.onnx"))
