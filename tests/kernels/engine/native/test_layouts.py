"""Fields of Python's objects: read only where they are as expected; elsewhere all runs the plain way."""

import hashlib
import subprocess
import sys

import pytest

from fastconv.kernels.engine import jit
from fastconv.kernels.engine.native import layouts


@pytest.fixture
def anew():
    """Look again, and once more after the test."""
    layouts.difference.forget()
    yield
    layouts.difference.forget()


@pytest.mark.parametrize("name", layouts._LOOKS)
def test_all_is_as_expected_here(name):
    assert layouts._LOOKS[name]()


@pytest.mark.parametrize(
    ("name", "wrong", "told"),
    [
        ("TYPE", 0, "fields of integers"),
        ("ITEMS", layouts.ITEMS + layouts.WORD, "fields of tuples"),
        ("LENGTH", 0, "fields of tuples"),
        ("_ABI", 0x03000000, "fields of NumPy's functions"),
        ("DATA", layouts.DIMENSIONS, "fields of arrays"),
        ("AXES", layouts.FLAGS, "fields of arrays"),
        ("DIMENSIONS", layouts.STEPS, "fields of arrays"),
        ("STEPS", layouts.DIMENSIONS, "fields of arrays"),
        ("DTYPE", layouts.TYPE, "fields of arrays"),
        ("FLAGS", layouts.AXES, "fields of arrays"),
        ("COUNT", layouts.AXES, "fields of counts of references"),
        ("NEWEST", (3, 0), "Python {}.{} is newer than 3.0".format(*sys.version_info)),
        ("NUMPY", 1, "NumPy 2 is not 1"),
    ],
)
def test_each_difference_is_seen(anew, monkeypatch, name, wrong, told):
    monkeypatch.setattr(layouts, "NEWEST", sys.version_info[:2])
    monkeypatch.setattr(layouts, name, wrong)
    assert layouts.difference() == told and not layouts.known()
    assert jit.describe()["earlier calls"] == f"not replayed: {told}"


@pytest.mark.parametrize(
    ("module", "name", "value", "told"),
    [
        ("sys.implementation", "name", "pypy", "pypy"),
        ("sys", "byteorder", "big", "64 bits, big-endian"),
        ("sysconfig", "get_config_var", lambda name: 1, "threads without a lock"),
        ("ctypes", "sizeof", lambda kind: 4, "32 bits, little-endian"),
    ],
)
def test_other_builds_are_refused(anew, monkeypatch, module, name, value, told):
    monkeypatch.setattr(f"{layouts.__name__}.{module}.{name}", value)
    assert layouts.difference() == told


TRAIN = """
import hashlib, sys
import fastconv as fc
from fastconv import nn, optim
from fastconv.kernels.engine.native import layouts
if {plain}:
    layouts.NEWEST = 3, 0
assert layouts.known() is not {plain}
images, labels = fc.data.digits().train
model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1),
                      nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2, seed=1), nn.Linear(128, 10), seed=0)
trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters()))
trainer.fit(images[:1000], labels[:1000], epochs=2, batch_size=300, progress=False)
outputs = model.predict(images)
print(hashlib.sha256(b"".join(a.tobytes() for a in [*model.parameters().values(), outputs])).hexdigest())
"""


def test_the_plain_way_trains_to_the_same_bits():
    bits = set()
    for plain in (False, True):
        script = TRAIN.format(plain=plain or not layouts.known())
        child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert child.returncode == 0, child.stderr
        bits.add(child.stdout.strip())
    assert len(bits) == 1 and len(bits.pop()) == hashlib.sha256().digest_size * 2
