import pytest

from fastconv import nn, optim
from fastconv.training.parameters import check_gradients, check_parts, check_unchanged


def grouped(model):
    weight, bias = model.parameters().items()
    return optim.SGD([{"params": dict([weight])}, {"params": dict([bias]), "lr": 0.5}], lr=0.1)


def test_the_optimizer_holds_the_models_own_arrays_in_every_group():
    model = nn.Linear(3, 2, seed=0)
    check_parts(model, nn.MSELoss(), grouped(model))
    mixed = {"params": {"bias": nn.Linear(3, 2).bias}}
    optimizer = optim.SGD([{"params": {"weight": model.weight}}, mixed], lr=0.1)
    message = r"^Trainer: optimizer: got parameters that are not this model's \(bias\), needs one made from"
    with pytest.raises(ValueError, match=message):
        check_parts(model, nn.MSELoss(), optimizer)


def test_the_model_keeps_its_arrays():
    model = nn.Sequential(nn.Linear(3, 2, seed=0))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    names = frozenset(model.parameters())
    check_unchanged(model, optimizer, names)
    for names_then, name in ((names, "0.weight"), (names - {"0.bias"}, "0.bias")):
        subject = nn.Sequential(nn.Linear(3, 2, seed=1)) if names_then == names else model
        with pytest.raises(
            ValueError, match=rf"^fit: model: got other parameters .* \({name}\), needs the same"
        ):
            check_unchanged(subject, optimizer, names_then)


def test_gradients_are_of_parameters():
    check_gradients({"weight": None}, frozenset({"weight", "bias"}))
    message = (
        r"^Trainer: gradients: got b, wieght, which is not among the model's parameters, needs the names"
    )
    with pytest.raises(ValueError, match=message):
        check_gradients({"wieght": None, "b": None, "weight": None}, frozenset({"weight"}))
