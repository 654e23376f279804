import pytest

pytestmark = pytest.mark.torch


@pytest.fixture
def modules(torch):
    from fastconv.interop.pytorch import modules

    return modules


def test_joins(modules, torch):
    a, b, c = torch.tensor([[1.0, 8.0]]), torch.tensor([[2.0, 4.0]]), torch.tensor([[4.0, 2.0]])
    assert modules.Add()(a, b, c).tolist() == [[7, 14]]
    assert modules.Multiply()(a, b, c).tolist() == [[8, 64]]
    assert modules.Subtract()(a, b).tolist() == [[-1, 4]]
    assert modules.Divide()(a, b).tolist() == [[0.5, 2]]
    assert modules.Maximum()(a, b, c).tolist() == [[4, 8]]
    assert modules.Minimum()(a, b, c).tolist() == [[1, 2]]
    assert modules.Concatenate(0)(a, b).tolist() == [[1, 8], [2, 4]]


def test_a_slice_may_go_backwards(modules, torch):
    x = torch.arange(6).reshape(1, 6)
    assert modules.Slice(1, None, None, -2)(x).tolist() == [[5, 3, 1]]
    assert modules.Slice(-1, -4, -1)(x).tolist() == [[2, 3, 4]]


def test_affine_without_numbers_keeps_its_input(modules, torch):
    x = torch.ones(2, 3)
    assert modules.Affine()(x) is x
    assert modules.Affine((3,), ())(x).tolist() == [[1, 1, 1]] * 2


def test_the_graph_runs_its_modules_in_their_order(modules, torch):
    nodes = {"a": (torch.nn.ReLU(), "input"), "b": (modules.Subtract(), "input", "a")}
    assert modules.Graph(nodes)(torch.tensor([[-1.0, 2.0]])).tolist() == [[-1, 0]]
