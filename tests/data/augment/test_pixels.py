import numpy as np

from fastconv.data.augment import Cutout, Noise


def test_noise_is_what_the_generator_gives(batch):
    images, labels = Noise(0.5)(*batch, np.random.default_rng(4))
    noise = np.random.default_rng(4).standard_normal(batch[0].shape, np.float32)
    np.testing.assert_array_equal(images, batch[0] + np.float32(0.5) * noise)
    assert labels is batch[1]
    assert np.array_equal(Noise(0.0)(*batch, np.random.default_rng(4))[0], batch[0])


def test_noise_has_the_deviation_that_was_asked_for(rng):
    images = Noise(0.2)(np.ones((100, 1, 20, 20)), np.zeros(100, int), rng)[0]
    np.testing.assert_allclose([images.mean(), images.std()], [1, 0.2], rtol=0.02)


def test_a_rectangle_is_covered(rng):
    images = np.ones((300, 2, 7, 8), np.float32)
    found = Cutout((3, 2), fill=(0.0, 5.0))(images, np.zeros(300, int), rng)[0]
    sizes = set()
    for image in found:
        covered = image[0] == 0
        np.testing.assert_array_equal(image[1] == 5, covered)
        rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
        assert covered[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        sizes.add((len(rows), len(columns)))
        if rows[0] > 0 and rows[-1] < 6:
            assert len(rows) == 3
        if columns[0] > 0 and columns[-1] < 7:
            assert len(columns) == 2
    assert sizes == {(2, 1), (2, 2), (3, 1), (3, 2)}


def test_the_middle_is_a_uniform_pixel(rng):
    found = Cutout(1)(np.ones((4000, 1, 2, 2), np.float32), np.zeros(4000, int), rng)[0]
    np.testing.assert_allclose((found == 0).sum(axis=0), 1000, rtol=0.1)
