import errno
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

import fastconv as fc
from fastconv import models, nn
from fastconv.cli import modelfile
from fastconv.cli.modelfile import Task
from fastconv.data.augment import Normalize
from fastconv.data.preparation import Preparation
from fastconv.interop import onnx, safetensors
from fastconv.nn.architecture import recorded

HOW = Preparation((0.0, 15.0), True, Normalize(0.25, 0.5))
CHAIN = str(Path(__file__).parents[1] / "interop/keras/models/chain.keras")
TASK = Task((1, 8, 8), ("a", "b", "c"))


def test_model_and_task_come_back(tmp_path):
    model = models.build("derivation_mlp", (1, 8, 8), 3, seed=1)
    path = tmp_path / "model.safetensors"
    modelfile.save(model, TASK, str(path))
    loaded, task = modelfile.load(str(path))
    assert task == TASK
    for name, array in model.parameters().items():
        np.testing.assert_array_equal(loaded.parameters()[name], array)
    again = fc.load(path)
    assert again.describe() == model.describe()
    assert again.classes == TASK.classes
    assert set(again.predict_labels(np.zeros((2, 1, 8, 8), np.float32))) <= {*TASK.classes}


def test_a_full_disk_names_the_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r": .*model\.safetensors'$"):
        modelfile.save(
            models.build("derivation_mlp", (1, 8, 8), 3), TASK, str(tmp_path / "model.safetensors")
        )


def test_the_header_tells_what_the_input_is(tmp_path):
    path = tmp_path / "model.safetensors"
    modelfile.save(models.build("derivation_mlp", (1, 8, 8), 3), TASK, str(path))
    content, _ = safetensors.read(path)
    preparation = {"value_range": None, "crop": False, "normalize": None}
    assert content["task"] == {
        "input_shape": [1, 8, 8],
        "classes": ["a", "b", "c"],
        "preparation": preparation,
    }
    assert json.dumps(content)


@pytest.mark.parametrize(
    "task",
    [
        None,
        [],
        {"classes": ["a"]},
        {"input_shape": [8, 8], "classes": ["a"]},
        {"input_shape": [1, 8, "8"], "classes": ["a"]},
        {"input_shape": [1, 8, 0], "classes": ["a"]},
        {"input_shape": [1, 8, 8], "classes": "abc"},
    ],
)
def test_a_file_without_a_task(tmp_path, task):
    path = tmp_path / "model.safetensors"
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    safetensors.write(path, {**recorded(model), "task": task}, model.state_dict())
    model, task = modelfile.load(str(path))
    assert (type(model), task) == (nn.Sequential, None)


def test_the_task_of_a_model_from_python():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    numbered = Task((1, 8, 8), ("0", "1", "2"))
    assert modelfile.task_for("a", model, (1, 8, 8)) == numbered
    assert modelfile.task_for("a", model, (1, 8, 8), ("a", "b", "c", "d")) == numbered
    assert modelfile.task_for("a", model, (1, 8, 8), ("a", "b")).classes == ("a", "b", "2")
    assert modelfile.task_for("a", model, (1, 8, 8), ("a", "b", "c")).classes == ("a", "b", "c")
    model.classes = [7, 3, 5]
    assert modelfile.task_for("a", model, (1, 8, 8), ("a", "b", "c")).classes == ("7", "3", "5")
    one = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
    assert modelfile.task_for("a", one, (1, 8, 8)).classes == ("0", "1")


def test_a_model_from_python_that_classifies_no_such_images():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    with pytest.raises(ValueError, match=r"^a: got images of shape \(1, 9, 9\): in 1 \(Linear\): "):
        modelfile.task_for("a", model, (1, 9, 9))
    message = r"^a: got outputs of shape \(4, 9, 9\) for an image, needs a number for each class"
    with pytest.raises(ValueError, match=message):
        modelfile.task_for("a", nn.Conv2d(1, 4, 1), (1, 9, 9))
    model.classes = ["a", "b"]
    with pytest.raises(ValueError, match=r"^a: got outputs of shape \(3,\) for 2 classes"):
        modelfile.task_for("a", model, (1, 8, 8))


def test_a_task_that_is_not_the_models(tmp_path):
    path = str(tmp_path / "model.safetensors")
    modelfile.save(nn.Sequential(nn.Flatten(), nn.Linear(64, 4)), TASK, path)
    with pytest.raises(ValueError, match=f"^{re.escape(path)}: got outputs of shape \\(4,\\) for 3 classes"):
        modelfile.load(path)


def test_how_images_were_prepared_comes_back(tmp_path):
    path = str(tmp_path / "model.safetensors")
    task = Task((1, 8, 8), ("a", "b", "c"), HOW)
    modelfile.save(models.build("derivation_mlp", (1, 8, 8), 3), task, path)
    assert modelfile.load(path)[1] == task


def test_a_file_of_an_earlier_version_says_nothing_of_it(tmp_path):
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    path = str(tmp_path / "model.safetensors")
    entry = {"input_shape": [1, 8, 8], "classes": ["a", "b", "c"], "value_range": [0, 1]}
    safetensors.write(path, {**recorded(model), "task": entry}, model.state_dict())
    assert modelfile.load(path)[1] == TASK


@pytest.mark.parametrize(
    "changed",
    [
        {"value_range": [1]},
        {"value_range": [0, 10**400]},
        {"value_range": "ab"},
        {"normalize": {"mean": [0.0]}},
        {"normalize": {"mean": [0.0], "std": [0.0]}},
        {"normalize": {"mean": [0.0, 0.0], "std": [1.0]}},
        {"normalize": 3},
    ],
)
def test_a_preparation_that_is_none(tmp_path, changed):
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    path = str(tmp_path / "model.safetensors")
    entry = {**TASK.state_dict(), "preparation": {**HOW.state_dict(), **changed}}
    safetensors.write(path, {**recorded(model), "task": entry}, model.state_dict())
    with pytest.raises(ValueError, match=f"^{re.escape(path)}: holds no preparation of images that fits: "):
        modelfile.load(path)


def test_a_model_says_how_images_are_prepared():
    data = fc.data.digits().normalized()
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    model.preparation = data.preparation
    assert modelfile.task_for("a", model, (1, 8, 8)).preparation == data.preparation
    model.preparation = {"normalize": 3}
    with pytest.raises(ValueError, match=r"^a: holds no preparation of images that fits: "):
        modelfile.task_for("a", model, (1, 8, 8))


@pytest.mark.parametrize("name", ["a.onnx", "b/A.ONNX"])
def test_the_name_says_that_a_file_is_one_of_onnx(name):
    assert modelfile.is_onnx(name)
    assert not modelfile.is_onnx("a.onnx.safetensors")


@pytest.mark.parametrize("name", ["a.keras", "b/A.Keras"])
def test_the_name_says_that_a_file_is_one_of_keras(name):
    assert modelfile.is_keras(name)
    assert not modelfile.is_keras("a.keras.safetensors")


def test_a_keras_file_has_a_model_and_the_shape_of_its_input_but_no_task():
    pytest.importorskip("h5py")
    model, task = modelfile.load(CHAIN)
    assert (type(model), task) == (nn.Sequential, None)
    assert modelfile.input_shape(CHAIN) == (3, 9, 8)
    assert modelfile.task_for(CHAIN, model, (3, 9, 8)).input_shape == (3, 9, 8)


def test_an_onnx_file_has_the_task_that_it_was_exported_with(tmp_path):
    pytest.importorskip("onnx")
    path, model = str(tmp_path / "model.onnx"), nn.Sequential(nn.Flatten(), nn.Linear(64, 3, seed=0))
    onnx.export(model, path, (1, 8, 8))
    assert modelfile.load(path)[1] is None
    assert modelfile.input_shape(path) == (1, 8, 8)
    model.classes, model.preparation = TASK.classes, HOW.state_dict()
    onnx.export(model, path, (1, 8, 8))
    assert modelfile.load(path)[1] == Task((1, 8, 8), TASK.classes, HOW)


def test_an_onnx_file_is_read_once(tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    path, read = str(tmp_path / "model.onnx"), []
    onnx.export(nn.Linear(3, 2, seed=0), path, (3,))
    whole = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **b: read.append(str(self)) or whole(self, *a, **b))
    modelfile.load(path)
    assert read == [path]


def test_an_onnx_file_that_is_no_classifier_of_images_has_no_task(tmp_path):
    pytest.importorskip("onnx")
    path = str(tmp_path / "model.onnx")
    for model, shape in [(nn.Conv2d(1, 2, 1), (1, 4, 4)), (nn.Linear(4, 2), (4,))]:
        model.classes = ["a", "b"]
        onnx.export(model, path, shape)
        loaded, task = modelfile.load(path)
        assert (loaded.classes, task) == (("a", "b"), None)


def test_an_onnx_file_with_a_preparation_that_is_none(tmp_path):
    pytest.importorskip("onnx")
    path, model = str(tmp_path / "model.onnx"), nn.Sequential(nn.Flatten(), nn.Linear(64, 3, seed=0))
    model.classes, model.preparation = TASK.classes, {"crop": True}
    onnx.export(model, path, (1, 8, 8))
    with pytest.raises(ValueError, match=f"^{re.escape(path)}: holds no preparation of images that fits: "):
        modelfile.load(path)
