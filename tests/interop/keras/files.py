"""`.keras` files made by hand, and comparisons with Keras's own."""

import io
import json
import warnings
import zipfile

import numpy as np

from fastconv.interop.keras import load

METADATA = {"keras_version": "3.9.2"}


def layer(kind, name=None, module="keras.layers", **values):
    """What config.json says of a layer."""
    values = {"name": name or kind.lower(), **values}
    return {"module": module, "class_name": kind, "config": values, "registered_name": None}


def given(*shape):
    return layer("InputLayer", "given", batch_shape=[None, *shape])


def sequential(*layers, name="model"):
    return layer("Sequential", name, "keras", layers=[*layers])


def tensor(name, call=0, output=0):
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, call, output]}}


def call(*inputs, **options):
    return {"args": [*inputs], "kwargs": options}


def functional(*layers, output, name="model"):
    """Layers and their calls, the first of them the input's."""
    entries = [{**one, "name": one["config"]["name"], "inbound_nodes": [*calls]} for one, *calls in layers]
    first = entries[0]["name"]
    ends = {"input_layers": [first, 0, 0], "output_layers": [output, 0, 0]}
    return layer("Functional", name, "keras.src.models.functional", layers=entries, **ends)


def hdf5(arrays):
    """The bytes of a file with these arrays by path."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, array in arrays.items():
            file[path] = array
    return buffer.getvalue()


def written(path, model, arrays=(), **members):
    """A `.keras` file at `path`; `members` replace or add some of it."""
    contents = {
        "config": json.dumps(model),
        "metadata": json.dumps(METADATA),
        "weights": hdf5(dict(arrays)),
        **members,
    }
    names = {"config": "config.json", "metadata": "metadata.json", "weights": "model.weights.h5"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(names[name], content)
    return path


def loaded(tmp_path, config, arrays=()):
    return load(written(tmp_path / "model.keras", config, arrays))


def varied(model, seed=0):
    """Gives a model of Keras weights that all differ, but for those that only `adapt` sets.

    Variances stay positive.
    """
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        values = rng.uniform(0.2, 1, variable.shape)
        if "variance" not in variable.path:
            values *= rng.choice([-1, 1], variable.shape)
        if not variable.path.endswith(("seed_generator_state", "/mean", "/variance", "/count")):
            variable.assign(values)


def same_as_keras(model, tmp_path, tolerance=1e-5, batch=2, last=True):
    """Loads what Keras saves of a model, asserts that both predict the same, and returns ours.

    `last`: whether images are channels-last in Keras, and signals, which samples of two axes are where a
    layer is for signals.
    """
    signals = any("1D" in type(layer).__name__ for layer in model.layers)

    def here(array):
        turned = last and (array.ndim == 4 or (array.ndim == 3 and signals))
        return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if turned else array

    varied(model)
    x = np.random.default_rng(1).normal(size=(batch, *(n or 9 for n in model.input_shape[1:])))
    x = x.astype(np.float32)
    model.save(tmp_path / "theirs.keras")
    wanted = np.asarray(model.predict_on_batch(x))
    x, wanted = here(x), here(wanted)
    with warnings.catch_warnings(action="error"):
        ours = load(tmp_path / "theirs.keras")
        got = ours.predict(x)
        shape = ours.output_shape(x.shape[1:])
    assert got.shape == wanted.shape == (batch, *shape)
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * max(1, abs(wanted).max()))
    return ours
