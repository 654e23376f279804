import numpy as np
import pytest

from fastconv.data.augment import Compose, Flip, Normalize


def double(images, labels, rng):
    return 2 * images, labels + 1


def test_one_after_the_other(batch, rng):
    images, labels = Compose([double, Normalize(1.0, 2.0), double])(*batch, rng)
    np.testing.assert_array_equal(images, 2 * ((2 * batch[0] - 1) / 2))
    np.testing.assert_array_equal(labels, batch[1] + 2)


def test_one_stream_of_random_numbers(batch):
    images, _ = Compose([Flip(), Flip()])(*batch, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    expected = Flip()(*Flip()(*batch, rng), rng)
    np.testing.assert_array_equal(images, expected[0])


def test_nested_and_empty(batch, rng):
    images, _ = Compose([Compose([]), Compose([double])])(*batch, rng)
    np.testing.assert_array_equal(images, 2 * batch[0])
    assert Compose([])(*batch, rng)[0] is batch[0]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (Flip(), r"steps: got Flip\(.*\), needs a list of augmentations: Compose\(\[...\]\) would fit"),
        ([Flip], r"steps\[0\]: got the class Flip, needs an augmentation, .*: Flip\(...\) would fit"),
    ],
)
def test_what_is_no_list_of_augmentations(steps, message):
    with pytest.raises(TypeError, match=f"^Compose: {message}"):
        Compose(steps)


def test_a_function_that_returns_something_else(batch, rng):
    with pytest.raises(
        TypeError, match=r"^Compose: step 1: result: got ndarray from <lambda>, needs a tuple"
    ):
        Compose([Flip(), lambda images, labels, rng: images])(*batch, rng)
