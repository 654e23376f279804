"""Launches as words on memory of their own."""

import numpy as np
import pytest

import fastconv as fc
from fastconv import functional as F
from fastconv import kernels, models, nn, optim
from fastconv.kernels.engine import walk
from fastconv.plan.places import Places
from fastconv.plan.program import Program
from fastconv.plan.record import Recording


def test_instances_have_memory_of_their_own():
    x = np.zeros((64, 40), np.float32)
    recording = Recording(kernels)
    y = recording.run(lambda x: F.sigmoid(F.relu(F.tanh(x))), x)
    places = Places([x], recording.trace.made, [])
    program = Program(recording.trace.launches, places, [places.find(y).root])
    assert program.passing_bytes == 2 * x.nbytes and program.lasting_bytes == 0
    given = np.random.default_rng(0).standard_normal((2, *x.shape)).astype("f4")
    results = np.empty_like(given)
    instances = [program.instance(), program.instance()]
    for instance, source, result in zip(instances, given, results, strict=True):
        walk.aim(instance.bases, source, result, result)
    for instance in instances:
        walk.walk(instance.steps, instance.patches, instance.bases)
    for source, result in zip(given, results, strict=True):
        np.testing.assert_array_equal(result, F.sigmoid(F.relu(F.tanh(source))))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("lenet5", (1, 28, 28)),
        ("mnist_cnn", (1, 28, 28)),
        ("vgg_cifar", (3, 32, 32)),
        ("resnet20", (3, 32, 32)),
    ],
)
def test_steps_of_training_need_hardly_more_memory_than_they_must(name, shape):
    model = getattr(models, name)(seed=0)
    trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    trainer.step(np.zeros((16, *shape), np.float32), np.zeros(16, np.int64))
    program = trainer.plan.program
    largest = max(array.nbytes for array in program.places.roots)
    assert largest <= program.live_bytes <= program.passing_bytes <= 1.1 * program.live_bytes
