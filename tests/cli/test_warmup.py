import pytest

import fastconv as fc
from fastconv import nn


@pytest.fixture(autouse=True)
def _compiled():
    with fc.backend("numba"):
        yield


def test_a_network_by_its_name(fastconv):
    status, out, err = fastconv("warmup", "derivation_cnn", "1,6,6", "--batch", "1,3", "--train")
    lines = out.splitlines()
    assert status == 0 and not err
    assert lines[0].startswith("prediction of 1 x 1 x 6 x 6: ") and lines[0].endswith(" kernels")
    assert lines[1].startswith("step with 1 x 1 x 6 x 6: ")
    assert lines[3].startswith("step with 3 x 1 x 6 x 6: ")
    assert "compiled kernels are kept in" in lines[4]


def test_a_file(fastconv, tmp_path):
    path = tmp_path / "model.safetensors"
    nn.Sequential(nn.Linear(4, 3, seed=0)).save(path)
    assert fastconv("warmup", path, "4").status == 0
    status, _, err = fastconv("warmup", path)
    assert status == 2 and "does not say the shape of its input" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["derivation_cnn"], "needs C,H,W"),
        (["nothing.safetensors", "1,6,6"], "nothing.safetensors"),
        (["derivation_cnn", "1,2,2"], "needs"),
        (["derivation_cnn", "1,6,6", "--batch", "0"], "--batch"),
    ],
)
def test_bad_input_is_one_line(fastconv, arguments, message):
    status, _, err = fastconv("warmup", *arguments)
    assert status == 2 and message in err and len(err.splitlines()) == 1
