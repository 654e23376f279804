"""ONNX's own tests of operators and networks, of which `suite` says what is left out."""

from pathlib import Path

import numpy as np
import pytest

import fastconv as fc

onnx = pytest.importorskip("onnx")
pytestmark = pytest.mark.filterwarnings(
    "ignore::RuntimeWarning:onnx"
)  # ONNX makes its data when it is loaded

from onnx import numpy_helper  # noqa: E402
from onnx.backend.test import BackendTest  # noqa: E402

from fastconv.interop.onnx import Backend  # noqa: E402
from tests.interop.onnx.models import draw, model, node  # noqa: E402
from tests.interop.onnx.suite import HEAVY, OPERATORS, REASONS, counts, node_tests, selected  # noqa: E402

COMPILED = "basic_conv_with_padding", "maxpool_2d_pads", "gemm_all_attributes", "batchnorm_example"
"""What runs on the compiled kernels, too."""


@pytest.fixture(autouse=True)
def _reference(request, tmp_path, monkeypatch):
    monkeypatch.setenv("ONNX_HOME", str(tmp_path))  # where ONNX's tests of real models keep their inputs
    with fc.backend("numba" if request.function.__name__ == "test_compiled" else "reference"):
        yield


def cases():
    """ONNX's classes of tests with what `suite` selects; nothing in them is downloaded."""
    with np.errstate(all="ignore"):
        classes = BackendTest(Backend, __name__).test_cases
        chosen = selected()
    for kind, names in chosen.items():
        case = classes[f"OnnxBackend{kind}Test"]
        for name in [name for name in dir(case) if name.startswith("test_")]:
            short = name.removeprefix("test_").removesuffix("_cpu")
            test = getattr(case, name)
            if not name.endswith("_cpu") or short not in names:
                delattr(case, name)
            elif short in REASONS:
                setattr(case, name, pytest.mark.skip(reason=REASONS[short])(test))
            elif short in HEAVY:
                setattr(case, name, pytest.mark.heavy(test))
        yield case.__name__, case


globals().update(cases())


def test_each_left_out_test_is_there():
    names = {name for tests in selected().values() for name in tests}
    assert set(REASONS) <= names


def test_the_readme_has_the_counts():
    run, left_out = (sum(numbers) for numbers in zip(*counts().values(), strict=True))
    readme = Path(__file__).resolve().parents[3].joinpath("README.md").read_text(encoding="utf-8")
    assert f"{run} pass, single nodes of {len(OPERATORS)} operators" in readme
    assert f"{left_out} are left out by name: " in readme


def run(test, dtype=None):
    """Compares the outputs with those that ONNX has; floats become another type, if one is given."""
    for inputs, expected in test.data_sets:
        given = [as_array(value, dtype) for value in inputs]
        for ours, theirs in zip(Backend.run_model(test.model, given), expected, strict=True):
            wanted = as_array(theirs, dtype)
            assert (ours.shape, ours.dtype) == (wanted.shape, wanted.dtype), test.name
            np.testing.assert_allclose(ours, wanted, test.rtol, max(test.atol, 1e-6), err_msg=test.name)


def as_array(value, dtype):
    array = numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)
    return array.astype(dtype) if dtype and array.dtype == np.float32 else array


def test_node_tests_in_double_precision():
    for name, test in node_tests().items():
        if name not in REASONS and test.model.graph.node[0].op_type not in ("Constant", "ConstantOfShape"):
            run(test, np.float64)


@pytest.mark.parametrize("name", COMPILED)
def test_compiled(name):
    run(node_tests()[name])


def test_a_single_node():
    added = onnx.helper.make_node("Add", ["a", "b"], ["c"])
    a, b = draw(2, 3), draw(2, 3)
    np.testing.assert_array_equal(Backend.run_node(added, [a, b])[0], a + b)


def test_a_model_with_several_outputs():
    split = model([node("Split", "x", "y z", axis=1, num_outputs=2)], shape=(2, 4), outputs=("y", "z"))
    x = draw(2, 4)
    y, z = Backend.prepare(split).run([x])
    np.testing.assert_array_equal(np.concatenate([y, z], axis=1), x)


def test_a_missing_input_is_told():
    prepared = Backend.prepare(model([node("Add", "x z", "y")], inputs=("x", "z"), shape=(2,)))
    with pytest.raises(ValueError, match="run: inputs: got 1 arrays, needs 2 for x, z"):
        prepared.run([draw(2)])


def test_the_processor_is_the_only_device():
    assert Backend.supports_device("CPU")
    assert not Backend.supports_device("CUDA")
