import numpy as np
import pytest

import fastconv
from fastconv import nn

A, B, C = np.random.default_rng(0).normal(size=(3, 2, 3, 4))


def test_a_sum_of_several(each_backend):
    y, backward = nn.Add().forward((A, B, C))
    np.testing.assert_allclose(y, A + B + C, rtol=1e-15)
    dx, gradients = backward(B)
    assert gradients == {}
    assert len(dx) == 3
    assert all(np.array_equal(part, B) for part in dx)
    assert backward(B, input_gradient=False) == (None, {})


WIDE, NARROW = (np.random.default_rng(1).uniform(1, 2, size) for size in ((2, 3, 4, 5), (2, 3, 1, 1)))
ROW = np.random.default_rng(2).uniform(1, 2, (2, 1, 4, 1))
JOINS = {
    nn.Add: lambda a, b, c: a + b + c,
    nn.Multiply: lambda a, b, c: a * b * c,
    nn.Maximum: lambda a, b, c: np.maximum(np.maximum(a, b), c),
    nn.Minimum: lambda a, b, c: np.minimum(np.minimum(a, b), c),
    nn.Subtract: lambda a, b: a - b,
    nn.Divide: lambda a, b: a / b,
}


@pytest.mark.parametrize("kind", JOINS)
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_arrays_that_are_repeated_and_their_gradients(kind, order, each_backend):
    layer, x = kind(), [(WIDE, NARROW, ROW)[i].copy() for i in order][: kind.inputs or 3]
    y, backward = layer.forward(tuple(x))
    np.testing.assert_allclose(y, JOINS[kind](*x), rtol=1e-15)
    assert layer.output_shape(*(array.shape[1:] for array in x)) == y.shape[1:]
    dy = np.random.default_rng(3).normal(size=y.shape)
    dx, gradients = backward(dy)
    assert gradients == {}
    for array, gradient in zip(x, dx, strict=True):
        assert gradient.shape == array.shape
        for index in [*np.ndindex(array.shape)][::7]:
            sums, value = [], array[index]
            for step in (1e-6, -1e-6):
                array[index] = value + step
                sums.append(np.sum(JOINS[kind](*x) * dy))
            array[index] = value
            np.testing.assert_allclose(gradient[index], (sums[0] - sums[1]) / 2e-6, rtol=1e-7, atol=1e-7)
    assert backward(dy, input_gradient=False) == (None, {})


def test_two_equal_ones_share_the_gradient(each_backend):
    for layer in (nn.Maximum(), nn.Minimum()):
        _, backward = layer.forward((A, A.copy()))
        assert all(np.array_equal(part, B / 2) for part in backward(B)[0])


def test_a_number_that_is_none_keeps_the_gradient(each_backend):
    x = np.array([[np.nan, 1.0]]), np.array([[2.0, np.nan]])
    for layer in (nn.Maximum(), nn.Minimum()):
        y, backward = layer.forward(x)
        assert np.isnan(y).all()
        assert all(np.array_equal(part, [[1.0, 1.0]]) for part in backward(np.ones((1, 2)))[0])


def squeeze_and_excitation():
    return nn.Graph(
        {
            "squeeze": (nn.Mean((2, 3), keepdim=True), "input"),
            "scale": (nn.Conv2d(3, 3, 1, dtype=np.float64), "squeeze"),
            "gate": (nn.Sigmoid(), "scale"),
            "out": (nn.Multiply(), "input", "gate"),
        },
        seed=0,
    )


def test_squeeze_and_excitation(check_gradients):
    model = squeeze_and_excitation()
    assert model.output_shape((3, 4, 5)) == (3, 4, 5)
    check_gradients(model, WIDE.copy())
    assert [row.layer for row in model.summary((3, 4, 5)).rows][-1] == "out Multiply"


@pytest.mark.torch
@pytest.mark.parametrize("kind", JOINS)
def test_pytorchs_values_and_gradients(kind, each_backend):
    torch = pytest.importorskip("torch")
    arrays = [WIDE, NARROW, np.maximum(ROW, 1.4)][: kind.inputs or 3]
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    name = kind.__name__.lower()
    output = tensors[0]
    for other in tensors[1:]:
        output = getattr(torch, name)(output, other)
    y, backward = kind().forward(tuple(arrays))
    dy = np.random.default_rng(4).normal(size=y.shape)
    output.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=1e-12)
    for gradient, tensor in zip(backward(dy)[0], tensors, strict=True):
        np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_a_file_keeps_the_nodes(tmp_path):
    nodes = {f"n{i}": (kind(), "input", f"n{i - 1}" if i else "input") for i, kind in enumerate(JOINS)}
    model = nn.Graph(nodes)
    model.save(tmp_path / "model.safetensors")
    again = fastconv.load(tmp_path / "model.safetensors")
    assert repr(again) == repr(model)
    assert np.array_equal(again(WIDE), model(WIDE))


def test_misfits():
    with pytest.raises(TypeError, match=r"^in 0 \(Add\): x: got ndarray, needs a tuple of arrays; a Graph's"):
        nn.Sequential(nn.Add())(A)
    for layer, x, got in (
        (nn.Add(), (), "no array, needs one at least"),
        (nn.Subtract(), (A,), "one array, needs two"),
        (nn.Divide(), (A, B, C), "3 arrays, needs two"),
    ):
        with pytest.raises(ValueError, match=f"^{type(layer).__name__}: x: got {got}$"):
            layer(x)
    needs = "needs inputs of one shape, or with 1 in place of a size"
    with pytest.raises(ValueError, match=rf"^Add: got \(2,\) and \(3,\), {needs}$"):
        nn.Add().output_shape((2,), (3,))
    with pytest.raises(ValueError, match=rf"^Multiply: got \(3, 4\) and \(3,\), {needs}$"):
        nn.Multiply()((A, A[..., 0]))
    model = nn.Graph({"a": (nn.Flatten(), "input"), "b": (nn.Divide(), "input", "a")})
    with pytest.raises(ValueError, match=rf"^in b \(Divide\): got \(3, 4\) and \(12,\), {needs}$"):
        model(A)
