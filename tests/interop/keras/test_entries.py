import pytest

from fastconv.interop.keras import entries
from fastconv.interop.keras.entries import Call, Tensor, entry, everything, inside
from tests.interop.keras.files import call, functional, given, layer, sequential, tensor


def test_both_kinds_of_models_are_layers_with_calls():
    relu = layer("ReLU", "relu")
    for model in (
        sequential(given(2), relu),
        functional((given(2),), (relu, call(tensor("given"), training=False)), output="relu"),
    ):
        layers, output = inside(entry(model))
        assert [one.name for one in layers] == ["given", "relu"]
        assert layers[0].is_input
        assert layers[1].calls == (Call((Tensor("given", 0),)),)
        assert output == Tensor("relu", 0)


def test_lists_of_inputs_constants_and_training():
    calls = call([tensor("given"), tensor("given", 2)]), call(tensor("given"), 1.5, training=True)
    model = functional((given(2),), (layer("Add", "add"), *calls), output="add")
    assert inside(entry(model))[0][1].calls == (
        Call((Tensor("given", 0), Tensor("given", 2))),
        Call((Tensor("given", 0), 1.5), True),
    )


def test_outputs_of_a_model_inside_are_counted_from_one():
    inner = functional((given(2),), output="given", name="inner")
    model = functional((given(2),), (inner, call(tensor("given"))), output="inner")
    model["config"]["output_layers"] = ["inner", 1, 0]
    assert inside(entry(model))[1] == Tensor("inner", 0)


def test_everything_in_its_order():
    model = sequential(given(2), sequential(given(2), layer("ReLU", "a"), name="inner"), layer("ReLU", "b"))
    names = [one.name for one in everything(entry(model))]
    assert names == ["model", "given", "inner", "given", "a", "b"]


def test_too_many_layers(monkeypatch):
    monkeypatch.setattr(entries, "MOST_LAYERS", 3)
    with pytest.raises(ValueError, match="got more than 3 layers"):
        list(everything(entry(sequential(given(2), sequential(given(2)), layer("ReLU")))))


def one_more(model, **changed):
    return {**model, "config": {**model["config"], **changed}}


FUNCTIONAL = functional((given(2),), (layer("ReLU", "relu"), call(tensor("given"))), output="relu")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (one_more(sequential(), layers=None), "got a model without a list of layers"),
        (sequential(), "got a Sequential that does not know its input"),
        (sequential(layer("ReLU")), "got a Sequential that does not know its input"),
        (sequential(given(2), given(3)), "got two layers of one name"),
        (sequential(given(2), layer("InputLayer", "other")), "got a model with 2 inputs, needs one"),
        (sequential(given(2), 3), "got 3, needs a layer's class and config"),
        (sequential(given(2), {"config": {}, "class_name": 3}), "needs a layer's class and config"),
        (sequential(given(2), layer("ReLU", 3)), "got the name 3 of a layer, needs a word"),
        (
            sequential(
                given(2), {"class_name": "Net", "config": {}, "registered_name": "Net", "module": None}
            ),
            "got a Net, a class of its own, needs a Sequential or functional model",
        ),
        (
            one_more(FUNCTIONAL, input_layers=[["a", 0, 0], ["b", 0, 0]]),
            "got a model with 2 inputs, needs one",
        ),
        (one_more(FUNCTIONAL, output_layers=[["a", 0, 0], ["b", 0, 0]]), "got a model with 2 outputs"),
        (one_more(FUNCTIONAL, output_layers={"a": ["relu", 0, 1]}), "needs a layer's name, its call and 0"),
        (one_more(FUNCTIONAL, output_layers=None), "got None, needs a layer's name"),
        (one_more(FUNCTIONAL, layers=[given(2)]), "got a layer without inbound_nodes"),
        (functional((given(2), 3), output="given"), "got a call 3, needs its args and kwargs"),
        (functional((given(2), call(mask=1)), output="given"), "got a call with mask=1, needs one without"),
        (
            functional((given(2), call({"class_name": "__keras_tensor__"})), output="given"),
            "got None, needs a layer's name",
        ),
    ],
)
def test_what_is_no_model(model, message):
    with pytest.raises(ValueError, match=message):
        inside(entry(model))


def test_classes_of_ones_own():
    assert entry(layer("ReLU")).module == "keras.layers"
    for changed in ({"module": None}, {"registered_name": "mine>ReLU"}):
        assert entry({**layer("ReLU"), **changed}).module == "a class of its own"
    assert entry({**layer("Add", module="keras.src.ops.numpy"), "registered_name": "Add"}).module != "a class"
