import numpy as np

import fastconv as fc
from fastconv import nn
from fastconv.training.parallel.gradients import Sums


def test_the_sum_of_the_shards_with_shared_and_frozen_parameters():
    shared = nn.Linear(3, 3, seed=0)
    model = nn.Sequential(nn.Linear(3, 3, seed=1), shared, nn.ReLU(), shared)
    parallel = fc.parallel.MPI(4)
    x = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)
    sums = Sums(model, parallel)
    for frozen in (None, "0.weight"):
        if frozen:
            model.freeze(frozen)
        y, whole = model.forward(x)
        expected = whole(y, input_gradient=False)[1]
        parts = parallel.cut(8).parts(0)
        closures = {shard: (rows, model.forward(x[rows])[1]) for shard, rows in parts}
        found = sums.gradients(parallel.cut(8), closures, y)
        assert found.keys() == model.parameters().keys()
        for name, gradient in found.items():
            if name == frozen:
                assert gradient is None
            else:
                np.testing.assert_allclose(gradient, expected[name], rtol=1e-5, atol=1e-6)
