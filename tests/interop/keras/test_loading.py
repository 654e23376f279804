"""Whole files: those that Keras wrote, broken ones, and a network of others."""

import io
import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

import fastconv
from fastconv import nn
from fastconv.interop.keras import load
from tests.interop.keras.files import given, layer, loaded, sequential, tensor
from tests.interop.packages import shipped

MODELS = Path(__file__).parent / "models"


@pytest.mark.parametrize(("name", "kind"), [("chain", nn.Sequential), ("branches", nn.Graph)])
def test_models_as_keras_saved_them_predict_what_keras_predicts(tmp_path, name, kind):
    model = load(str(MODELS / f"{name}.keras"))
    assert type(model) is kind
    with np.load(MODELS / f"{name}.npz") as stored:
        x, wanted = stored["x"].transpose(0, 3, 1, 2), stored["y"]
    wanted = wanted.transpose(0, 3, 1, 2) if wanted.ndim == 4 else wanted
    np.testing.assert_allclose(model.predict(x), wanted, rtol=1e-5, atol=1e-5)
    assert model.output_shape((3, 9, 8)) == wanted.shape[1:]
    model.save(tmp_path / "ours.safetensors")
    assert np.array_equal(fastconv.load(tmp_path / "ours.safetensors").predict(x), model.predict(x))
    y, backward = model.forward(x)
    dx, gradients = backward(np.ones_like(y))
    assert dx.shape == x.shape
    assert gradients.keys() == model.parameters().keys()


def test_the_names_and_kinds_of_a_chain():
    assert [
        f"{name} {type(one).__name__}" for name, one in load(MODELS / "chain.keras").children().items()
    ] == [
        *(
            "rescaling Affine",
            "conv2d Conv2d",
            "conv2d_leaky_relu LeakyReLU",
            "batch_normalization BatchNorm2d",
        ),
        *("depthwise_conv2d Conv2d", "depthwise_conv2d_gelu GELU", "average_pooling2d AvgPool2d"),
        *("flatten Flatten", "dropout Dropout", "dense Linear", "dense_softmax Softmax"),
    ]


def test_a_network_that_ships_in_a_package():
    """A classifier of printed digits, 28 x 28, tells half of the bundled handwritten ones."""
    path = shipped("digitsclassifier", "digit_classifier_model.keras")
    model = load(path)
    images, labels = (array[:100] for array in fastconv.data.digits().test)
    x = np.zeros((len(images), 1, 28, 28), np.float32)
    x[:, :, 2:26, 2:26] = nn.Upsample(24, mode="bilinear")(images)
    assert np.mean(model.predict(x).argmax(axis=1) == labels) > 0.5


def test_the_same_network_as_keras_reads_it(keras, tmp_path):
    path = shipped("digitsclassifier", "digit_classifier_model.keras")
    x = np.zeros((8, 28, 28, 1), np.float32)
    x[:, 6:22, 6:22, 0] = fastconv.data.digits().test[0][:8, 0].repeat(2, 1).repeat(2, 2)
    model = load(path)
    wanted = np.asarray(keras.models.load_model(path, compile=False).predict_on_batch(x))
    got = model.predict(x.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(got, wanted, atol=1e-4)
    model.save(tmp_path / "digits.safetensors")
    again = fastconv.load(tmp_path / "digits.safetensors")
    assert np.array_equal(again.predict(x.transpose(0, 3, 1, 2)), got)


def dense(policy):
    return layer("Dense", units=1, use_bias=False, activation=None, dtype=policy)


@pytest.mark.parametrize(
    ("policies", "dtype"),
    [
        (["float32", {"config": {"name": "float32"}}], np.float32),
        (["float64", {"config": {"name": "float64"}}], np.float64),
        (["float64", None, "float32"], np.float32),
    ],
)
def test_the_type_of_the_numbers(tmp_path, policies, dtype, caplog):
    several = [layer("ReLU", f"r{number}", dtype=policy) for number, policy in enumerate(policies)]
    model = loaded(
        tmp_path, sequential(given(2), *several, dense(policies[0])), {"layers/dense/vars/0": np.ones((2, 1))}
    )
    assert model.dense.weight.dtype == dtype
    assert not caplog.records


def test_half_precision_is_converted_and_told_once(tmp_path, caplog):
    config = sequential(
        given(2), dense("mixed_bfloat16"), layer("ReLU", dtype={"config": {"name": "float16"}})
    )
    model = loaded(tmp_path, config, {"layers/dense/vars/0": np.float16([[1], [0.1]])})
    assert model.dense.weight.tolist() == [[1, float(np.float16(0.1))]]
    (record,) = caplog.records
    assert record.getMessage() == f"{tmp_path / 'model.keras'}: float16, mixed_bfloat16 became float32"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            sequential(given(2), dense("int8_from_float32")),
            "in dense: dtype: got 'int8_from_float32', needs one",
        ),
        (layer("Mine", module="mine"), "got a Mine of mine, needs a Sequential or Functional"),
        ({}, "got {}, needs a layer's class and config"),
        (sequential(given(2, 3, 4, 5)), "got inputs of 4 axes, needs at most 3"),
        (sequential(given(2, -3)), "got an input of shape .None, 2, -3., needs that of a batch"),
        (
            sequential(given(2), dense(None)),
            r"in dense .Dense.: weights layers/dense/vars/0: there is no 'layers'",
        ),
    ],
)
def test_what_is_refused(tmp_path, config, message):
    with pytest.raises(
        ValueError, match=rf"^{tmp_path / 'model.keras'}: holds no model that fits: {message}"
    ):
        loaded(tmp_path, config)


@pytest.mark.parametrize(
    "described",
    [
        layer("BatchNormalization", axis=-1, epsilon=1, momentum=0.5, scale=True, center=True),
        layer("LayerNormalization", axis=-1, epsilon=1, scale=True, center=True),
        layer("GroupNormalization", axis=-1, groups=1, epsilon=1, scale=True, center=True),
        layer("Normalization", axis=[1, 2], mean=None, variance=None),
        layer("PReLU", shared_axes=None),
        layer("Dense", units=2**31 - 1, use_bias=False),
    ],
)
def test_nothing_is_allocated_that_the_file_does_not_hold(tmp_path, described):
    name = described["class_name"]
    with pytest.raises(ValueError, match=rf"\({name}\): weights layers/[a-z_]+/vars/0: there is no 'layers'"):
        loaded(tmp_path, sequential(given(2**15, 2**31 - 1), described))


def test_images_are_channels_first_here_whatever_they_are_there(tmp_path):
    pool = layer("MaxPooling2D", pool_size=[2, 1], padding="valid", data_format="channels_last")
    assert loaded(tmp_path, sequential(given(4, 3, 2), pool)).output_shape((2, 4, 3)) == (2, 2, 3)
    pool["config"]["data_format"] = "channels_first"
    assert loaded(tmp_path, sequential(given(2, 4, 3), pool)).output_shape((2, 4, 3)) == (2, 2, 3)
    line = layer("MaxPooling1D", pool_size=2, padding="valid", data_format="channels_last")
    assert loaded(tmp_path, sequential(given(4, 2), line)).output_shape((2, 4)) == (2, 2)
    assert loaded(tmp_path, sequential(given(4, 2), layer("ReLU"))).output_shape((4, 2)) == (4, 2)


def broken(rng, name):
    """The bytes of a file with something changed: in the zip, in the weights, or in what config.json says."""
    path = MODELS / f"{name}.keras"
    where = rng.choice(["zip", "config.json", "model.weights.h5", "tree", "tree"])
    if where == "zip":
        return scratched(rng, path.read_bytes())
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(buffer, "w") as changed:
        for member in whole.namelist():
            content = whole.read(member)
            if member == where:
                content = scratched(rng, content)
            elif where == "tree" and member == "config.json":
                content = pruned(rng, json.loads(content))
            changed.writestr(member, content)
    return buffer.getvalue()


def scratched(rng, content):
    content = bytearray(content)
    for _ in range(rng.choice([1, 2, 8])):
        content[rng.randrange(len(content))] = rng.choice([0, 1, 127, 255, rng.randrange(256)])
    return bytes(content)


def pruned(rng, tree):
    """The JSON with one value replaced, taken away or doubled."""
    places, left = [], [tree]
    while left:
        node = left.pop()
        keys = [*node] if isinstance(node, dict) else [*range(len(node))]
        places += [(node, key) for key in keys]
        left += [node[key] for key in keys if isinstance(node[key], dict | list)]
    node, key = rng.choice(places)
    others = [None, True, -1, 0, 2, 10**12, 0.5, 1e308, "x", "same", [], [None], {}, tensor("given")]
    if rng.random() < 0.6:
        node[key] = rng.choice([*others, rng.choice(places)[0]])
    elif isinstance(node, list) and rng.random() < 0.5:
        node.insert(key, node[key])
    else:
        del node[key]
    try:
        return json.dumps(tree)
    except (ValueError, RecursionError):  # it holds itself now
        return "{}"


@pytest.mark.parametrize("name", ["chain", "branches"])
def test_broken_files_are_refused_or_read(tmp_path, name):
    refused = 0
    for seed in range(200):
        path = tmp_path / "broken.keras"
        path.write_bytes(broken(random.Random(seed), name))
        try:
            assert isinstance(load(path), nn.Layer)
        except (ValueError, OSError) as error:
            message = str(error)
            refused += 1
        else:
            continue
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        assert len(message) < 1200
    assert 80 < refused < 200
