import errno
import json
import os
import pathlib
import stat

import numpy as np
import pytest
import safetensors.numpy as numpy_files

import fastconv
from fastconv import nn
from fastconv.interop import safetensors
from fastconv.nn import files

X = np.random.default_rng(0).normal(size=(3, 2, 7, 7))


def model(dtype=np.float32, seed=0):
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=((1, 0), (1, 2)), groups=2, dtype=dtype),
        nn.Sequential(
            nn.ReLU(), nn.MaxPool2d(3, stride=2, ceil_mode=True), nn.AvgPool2d(2, 1, ((1, 0), (0, 0)))
        ),
        nn.AdaptiveAvgPool2d((None, 4)),
        nn.Dropout(0.3),
        nn.Conv2d(4, 2, (1, 2), bias=False, padding="same", dtype=dtype),
        nn.Identity(),
        nn.Sigmoid(),
        nn.Flatten(),
        nn.Linear(24, 5, dtype=dtype),
        nn.Softmax(dim=-1),
        seed=seed,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_comes_back_as_it_was(dtype, tmp_path):
    saved = model(dtype)
    saved.save(tmp_path / "model.safetensors")
    loaded = fastconv.load(tmp_path / "model.safetensors")
    assert repr(loaded) == repr(saved)
    for name, array in saved.parameters().items():
        assert loaded.parameters()[name].dtype == dtype
        assert np.array_equal(loaded.parameters()[name], array)
    x = X.astype(dtype)
    assert np.array_equal(loaded(x), saved(x))


def test_a_single_layer_is_a_model(tmp_path):
    layer = nn.Linear(3, 2, seed=0)
    layer.save(str(tmp_path / "layer.safetensors"))
    assert np.array_equal(files.load(str(tmp_path / "layer.safetensors")).weight, layer.weight)


def test_other_programs_read_the_weights(tmp_path):
    saved = model()
    saved.save(tmp_path / "model.safetensors")
    tensors = numpy_files.load_file(tmp_path / "model.safetensors")
    assert tensors.keys() == saved.state_dict().keys()
    assert all(np.array_equal(tensors[name], array) for name, array in saved.parameters().items())


def test_the_same_model_makes_the_same_file(tmp_path):
    for name in "ab":
        model().save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_saving_replaces_a_file_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    model(seed=0).save(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="disk full") as told:
            model(seed=1).save(path)
    assert told.value.filename == str(path)
    assert path.read_bytes() == before
    with path.open("rb") as opened_before:
        model(seed=1).save(path)
        assert opened_before.read() == before
    assert path.read_bytes() != before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_saved_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "plain").touch()
    model().save(tmp_path / "model.safetensors")
    plain, saved = (stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "model.safetensors"))
    assert saved == plain


def test_a_layer_of_ones_own_cannot_be_saved(tmp_path):
    class Mine(nn.ReLU):
        pass

    with pytest.raises(ValueError, match=r"save: model: got Mine, needs layers of fastconv.nn"):
        nn.Sequential(nn.Sequential(Mine())).save(tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_or_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing.safetensors"):
        files.load(tmp_path / "nothing.safetensors")
    folder = tmp_path / "no"
    with pytest.raises(FileNotFoundError, match=rf"the folder to save to is missing: '{folder}'$"):
        model().save(folder / "model.safetensors")


@pytest.mark.parametrize("path", [None, 5, b"name", ["name"]], ids=repr)
def test_a_path_is_a_string_or_a_path(path):
    with pytest.raises(TypeError, match=r"^save: path: got \w+, needs a file's name$"):
        model().save(path)
    with pytest.raises(TypeError, match=r"^load: path: got \w+, needs a file's name$"):
        files.load(path)


def test_a_file_that_cannot_be_written_is_named_itself(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"file/model.safetensors'$"):
        model().save(tmp_path / "file" / "model.safetensors")
    with pytest.raises(OSError, match=rf"File name too long: '{tmp_path}/a+'$"):
        model().save(tmp_path / ("a" * 256))

    def refuse(path, mode):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(pathlib.Path, "open", refuse)
    with pytest.raises(PermissionError, match=rf"Permission denied: '{tmp_path}/model.safetensors'$"):
        model().save(tmp_path / "model.safetensors")


def one_line(path):
    """Expects a ValueError whose one line begins with the file's name."""
    return pytest.raises(ValueError, match=rf"\A{path}: [^\n]+\Z")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 7, b"hello world, this is no model", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}"],
    ids=repr,
)
def test_another_kind_of_file(content, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with one_line(path):
        files.load(path)


def test_a_directory(tmp_path):
    with one_line(tmp_path):
        files.load(tmp_path)
    with one_line(tmp_path):
        model().save(tmp_path)


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.99])
def test_a_truncated_file(kept, tmp_path):
    path = tmp_path / "model.safetensors"
    model().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with one_line(path):
        files.load(path)


def test_weights_without_an_architecture(tmp_path):
    path = tmp_path / "weights.safetensors"
    numpy_files.save_file(model(seed=1).state_dict(), path)
    with pytest.raises(
        ValueError,
        match=rf"^{path}: is a safetensors file with weights alone, .*; "
        r"model.load_state_dict\(fastconv.interop.safetensors.load\(path\)\) would fit$",
    ):
        files.load(path)
    subject = model()
    subject.load_state_dict(numpy_files.load_file(path))
    assert np.array_equal(subject[0].weight, model(seed=1)[0].weight)


def header(tensors, **metadata):
    """The bytes of a safetensors file with these dtypes and shapes, all zeros of 2 bytes (F8: of 1)."""
    entries, end = {"__metadata__": metadata}, 0
    for name, (dtype, count) in tensors.items():
        shape = [2 * count if dtype.startswith("F8") else count]
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + 2 * count]}
        end += 2 * count
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text + bytes(end)


def test_types_that_numpy_lacks_are_listed(tmp_path):
    path = tmp_path / "model.safetensors"
    tensors = {"weight": ("F8_E4M3", 6), "bias": ("F8_E5M2", 2), "more": ("F16", 1), "most": ("BF16", 1)}
    content = json.dumps({"format": 1, "model": nn.Linear(3, 2).describe()})
    path.write_bytes(header(tensors, fastconv=content))
    with pytest.raises(
        ValueError,
        match=rf"^{path}: has types that NumPy lacks, needs floats: bias: F8_E5M2; weight: F8_E4M3$",
    ):
        files.load(path)


@pytest.mark.parametrize("own", [lambda x: x.forward, None], ids=["a forward of its own", "the same forward"])
def test_a_sequence_of_ones_own_cannot_be_saved(own, tmp_path):
    class Mine(nn.Sequential):
        if own:

            def forward(self, x, training=True):
                return super().forward(x, training)

    with pytest.raises(ValueError, match=r"save: model: got Mine, needs layers of fastconv.nn"):
        nn.Sequential(Mine(nn.ReLU())).save(tmp_path / "model.safetensors")


def nested(depth):
    return '{"class": "Sequential", "layers": [' * depth + '{"class": "ReLU"}' + "]}" * depth


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": 2, "model": {"class": "ReLU"}}',
        '{"format": 1, "model": {"class": "ReLU", "surprise": 1}}',
        '{"format": 1, "model": {"class": "Layer"}}',
        '{"format": 1, "model": {"class": "__import__"}}',
        '{"format": 1, "model": {"class": ["ReLU"]}}',
        '{"format": 1, "model": {"class": "Sequential", "layers": {"class": "ReLU"}}}',
        '{"format": 1, "model": {"class": "Linear", "in_features": -1, "out_features": 2}}',
        '{"format": 1, "model": {"class": "Linear", "in_features": 1000000000, "out_features": 1000000000}}',
        f'{{"format": 1, "model": {nested(100_000)}}}',
    ],
    ids=lambda text: text[:60],
)
def test_an_architecture_that_makes_no_sense(text, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(numpy_files.save({}, {safetensors.KEY: text}))
    with one_line(path):
        files.load(path)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"weight": np.zeros((2, 3), np.float32)}, "missing bias"),
        ({"weight": np.zeros((3, 2), np.float32), "bias": np.zeros(2, np.float32)}, r"got shape \(3, 2\)"),
        (
            {"weight": np.zeros((2, 3)), "bias": np.zeros(2)},
            "weight: got float64, needs float32; bias: got float64, needs float32",
        ),
        (
            {"weight": np.zeros((2, 3), np.float32), "bias": np.zeros(2, np.int32)},
            "bias: got int32, needs float32",
        ),
    ],
)
def test_weights_that_do_not_fit_the_architecture(tensors, message, tmp_path):
    path = tmp_path / "model.safetensors"
    content = {"format": 1, "model": nn.Linear(3, 2).describe()}
    path.write_bytes(numpy_files.save(tensors, {safetensors.KEY: json.dumps(content)}))
    with pytest.raises(ValueError, match=rf"^{path}: holds no model that fits: .*{message}"):
        files.load(path)


def test_how_images_are_prepared_goes_with_the_model(tmp_path):
    data = fastconv.data.digits().normalized()
    saved = model()
    assert saved.preparation is None
    saved.preparation = data.preparation
    saved.save(tmp_path / "model.safetensors")
    again = fastconv.load(tmp_path / "model.safetensors")
    assert again.preparation == saved.preparation == data.preparation.state_dict()
    with pytest.raises(TypeError, match="Sequential: preparation: got int, needs a data set's preparation"):
        saved.preparation = 3
