"""What `mpiexec` runs in the tests: `scenarios.py FOLDER NAME...`; rank 0 writes what it found to FOLDER."""

import hashlib
import json
import os
import signal
import sys
from pathlib import Path

import numpy as np

import fastconv as fc
from fastconv import models, nn, optim

FOLDER, NAMES = Path(sys.argv[1]), sys.argv[2:]
SHARDS = 8


def digits(count):
    return tuple(array[:count] for array in fc.data.digits().train)


def trainer(model, parallel, rate=1e-3):
    optimizer = optim.Adam(model.parameters(), rate)
    return fc.Trainer(model, nn.CrossEntropyLoss(), optimizer, clip_norm=1.0, parallel=parallel)


def record(parallel, name, found):
    if parallel.rank == 0:
        (FOLDER / f"{name}-{parallel.ranks}.json").write_text(json.dumps(found))


def written(fitted, name):
    """The hash of the file, by rank 0, and what rank itself holds: everything that has to be equal."""
    file = FOLDER / f"{name}-{fitted.parallel.ranks}.safetensors"
    fitted.save(file)
    state = b"".join(array.tobytes() for array in fitted.model.state_dict().values())
    state += repr(fitted.history.history).encode()
    mine = hashlib.sha256(state).hexdigest()
    assert len({*fitted.parallel.objects(mine)}) == 1, "the ranks end with different models"
    return hashlib.sha256(file.read_bytes()).hexdigest() if fitted.leads else None


def lenet(parallel):
    x, y = digits(100)
    x = np.pad(x, ((0, 0), (0, 0), (10, 10), (10, 10)))
    fitted = trainer(models.lenet5(seed=0), parallel)
    history = fitted.fit(x, y, 48, epochs=2, validation_split=0.1, progress=False)
    return {"file": written(fitted, "lenet"), "history": history.history}


def residual_model():
    return nn.Sequential(nn.Dropout2d(0.1), models.resnet20((1, 8, 8)), nn.Dropout(0.2), seed=1)


def residual(parallel, callbacks=(), name="residual", begun=None):
    x, y = digits(40)
    fitted = begun or trainer(residual_model(), parallel)
    history = fitted.fit(
        x, y, 20, epochs=3, augment=fc.data.augment.Shift(1), callbacks=callbacks, progress=False
    )
    return {"file": written(fitted, name), "history": history.history}


def killed(parallel):
    """Saves each epoch; rank 1 is killed in the second one."""

    def kill(fitted, batch, logs):
        if fitted.epochs == 1 and parallel.rank == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    saves = fc.callbacks.ModelCheckpoint(FOLDER / "killed", save_best=False)
    residual(parallel, [saves, fc.callbacks.LambdaCallback(on_batch_end=kill)])


def resumed(parallel):
    begun = fc.Trainer.resume(FOLDER / "killed" / "last.safetensors", parallel=parallel)
    assert begun.epochs == 1
    saves = fc.callbacks.ModelCheckpoint(FOLDER / "resumed", save_best=False)
    return residual(parallel, [saves], "resumed", begun)


def raises(parallel):
    def burn(fitted, epoch, logs):
        if parallel.rank == 1:
            raise RuntimeError("disk on fire")

    small(parallel, callbacks=[burn])


def small(parallel, seed=0, x=None, y=None, **options):
    fc.backend("reference")
    if x is None:
        x, y = digits(30)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), seed=seed)
    fitted = trainer(model, parallel)
    return fitted, fitted.fit(x, y, epochs=2, progress=False, **options).history


def other_parameters(parallel):
    small(parallel, seed=parallel.rank)


def other_data(parallel):
    x, y = digits(30)
    small(parallel, x=x + np.float32(parallel.rank), y=y)


def functions(parallel):
    """Batches of each rank's own, of 30, 5 and 12 samples, give what those of all samples do."""
    x, y = digits(47)

    def batches(rank, ranks):
        for first, last in ((0, 30), (30, 35), (35, 47)):
            own = parallel.rows(last - first)
            yield x[first:last][own], y[first:last][own]

    if parallel.ranks > 5:  # a batch of five leaves ranks without samples, which no iterable can give
        return None
    return {"own": small(parallel, x=batches)[1], "all": small(parallel, x=whole(x, y))[1]}


def whole(x, y):
    return [(x[first:last], y[first:last]) for first, last in ((0, 30), (30, 35), (35, 47))]


def uneven(parallel):
    """A batch of three leaves most shards empty; a step on it, and an evaluation."""
    x, y = digits(33)
    fitted, history = small(parallel, x=x, y=y, batch_size=30, class_weight="balanced")
    loss = fitted.step(x[:3], y[:3])
    return {"history": history, "step": loss, "evaluated": fitted.evaluate(x, y, batch_size=30)}


def other_batches(parallel):
    x, y = digits(30)
    fitted = trainer(nn.Sequential(nn.Flatten(), nn.Linear(64, 10), seed=0), parallel)
    fitted.step(x[parallel.rank :], y[parallel.rank :])


def fewer_batches(parallel):
    x, y = digits(30)
    own = parallel.rows(30)
    small(parallel, x=lambda rank, ranks: [(x[own], y[own])] * (2 - (rank == 1)))


def hosts(parallel):
    import mpi4py.MPI

    there = parallel.comm.Split_type(mpi4py.MPI.COMM_TYPE_SHARED).Get_size()
    return {"ranks of a host": there, "threads": fc.get_num_threads()}


if __name__ == "__main__":
    ranks = fc.parallel.MPI(SHARDS)
    for scenario in NAMES:
        record(ranks, scenario, globals()[scenario](ranks))
