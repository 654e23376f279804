import hashlib
import re

import numpy as np
import pytest

from fastconv import data
from fastconv.data import bundled


@pytest.fixture(scope="module")
def digits():
    return data.digits()


def digest(*arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


def test_file_is_the_one_described():
    stated = re.search(r"sha256 \| `([0-9a-f]{64})`", bundled.FILE.with_suffix(".md").read_text())
    assert stated is not None
    assert hashlib.sha256(bundled.FILE.read_bytes()).hexdigest() == stated[1]


def test_every_value_is_the_one_of_the_source():
    source = pytest.importorskip("sklearn.datasets").load_digits()
    with np.load(bundled.FILE) as arrays:
        assert arrays["images"].dtype == arrays["labels"].dtype == np.uint8
        np.testing.assert_array_equal(arrays["images"], source.images)
        np.testing.assert_array_equal(arrays["labels"], source.target)


def test_shapes_types_and_range(digits):
    for (images, labels), count in ((digits.train, 1438), (digits.test, 359)):
        assert images.shape == (count, 1, 8, 8)
        assert images.dtype == np.float32
        assert images.flags.c_contiguous
        assert labels.shape == (count,)
        assert labels.dtype == np.int64
        assert images.min() == 0
        assert images.max() == 1
    assert digits.classes == tuple("0123456789")
    assert digits.input_shape == (1, 8, 8)
    assert "10.24432/C50P49" in digits.source


def test_a_fifth_of_each_class_is_for_the_test(digits):
    assert np.bincount(digits.test[1]).tolist() == [36, 36, 35, 37, 36, 36, 36, 36, 35, 36]
    assert np.bincount(digits.train[1]).tolist() == [142, 146, 142, 146, 145, 146, 145, 143, 139, 144]


def test_parts_have_no_image_in_common_and_lose_none(digits):
    with np.load(bundled.FILE) as arrays:
        stored = sorted(image.tobytes() for image in arrays["images"])
    train, test = (np.rint(part[0][:, 0] * 16).astype(np.uint8) for part in (digits.train, digits.test))
    assert sorted(image.tobytes() for part in (train, test) for image in part) == stored
    assert not {image.tobytes() for image in train} & {image.tobytes() for image in test}


def test_split_is_the_published_one(digits):
    assert digest(digits.test[1].astype("<i8"), digits.test[0].astype("<f4")) == (
        "1d8569947ca8e9cc25515b314c4504cb9a500e873e6e9bb62a74414090204101"
    )


def test_two_calls_do_not_share_memory(digits):
    assert not np.shares_memory(data.digits().train[0], digits.train[0])
