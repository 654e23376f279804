import numpy as np

from fastconv import reference


def test_three_channels_by_hand():
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1)
    # D: 1 + 3/3 times 1 + 4, 1 + 4 + 9, 4 + 9
    y = reference.local_response_norm(x, 3, alpha=3, beta=1, k=1)
    np.testing.assert_allclose(y.ravel(), [1 / 6, 2 / 15, 3 / 14], rtol=1e-15)
    # An even window has one more channel before than behind.
    y = reference.local_response_norm(x, 2, alpha=2, beta=1, k=1)
    np.testing.assert_allclose(y.ravel(), [1 / 2, 2 / 6, 3 / 14], rtol=1e-15)


def test_the_gradient_is_that_of_differences():
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 5, 3))
    for size in (1, 2, 3, 4, 9):
        options = size, 0.7, 0.6, 1.5
        dx = reference.local_response_norm_input(x, g, *options)
        for index in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[index] = 1e-6
            up, down = (reference.local_response_norm(x + s, *options) for s in (step, -step))
            np.testing.assert_allclose(dx[index], np.sum((up - down) * g) / 2e-6, rtol=1e-6, atol=1e-8)
