import numpy as np
import pytest

from fastconv import validate

F32, F64 = np.zeros(3, np.float32), np.zeros(3, np.float64)


def test_right_arrays_pass_as_they_are():
    a, b, c = validate.arrays("f", ("a", "b", "c"), F32, F32[::-1], None, optional=1)
    assert a is F32
    assert b.strides == (-4,)
    assert c is None
    assert validate.array("f", "a", F32) is F32


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": [1.0]}, "f: a: got list, needs a numpy.ndarray"),
        ({"a": None}, "f: a: got NoneType, needs a numpy.ndarray"),
        ({"a": 1.0}, "f: a: got float, needs a numpy.ndarray"),
        ({"a": np.int64(1)}, "f: a: got int64, needs float32 or float64"),
        ({"a": np.ma.masked_array(F32)}, "f: a: got a masked array, needs a plain numpy.ndarray"),
        ({"a": np.zeros(3, np.int64)}, "f: a: got int64, needs float32 or float64"),
        ({"a": np.zeros(3, np.float16)}, "f: a: got float16, needs float32 or float64"),
        ({"a": np.zeros(3, bool)}, "f: a: got bool, needs float32 or float64"),
        ({"a": np.zeros(3, complex)}, "f: a: got complex128, needs float32 or float64"),
        ({"a": np.zeros(3, object)}, "f: a: got object, needs float32 or float64"),
        ({"a": F32, "b": F64}, "f: b: got float64, needs float32 to match a"),
        ({"a": F64, "b": F64, "c": F32}, "f: c: got float32, needs float64 to match a"),
    ],
)
def test_wrong_arrays_are_type_errors(given, message):
    with pytest.raises(TypeError) as error:
        validate.arrays("f", tuple(given), *given.values())
    assert str(error.value) == message


def test_only_the_last_ones_may_be_missing():
    swapped = F32.astype(">f4")
    for a in (F32, swapped):
        assert validate.arrays("f", ("a", "b", "c"), a, None, None, optional=2)[1:] == (None, None)
        assert validate.arrays("f", ("a", "b", "c"), a, None, F32, optional=2)[1] is None
        with pytest.raises(TypeError, match="f: b: got NoneType"):
            validate.arrays("f", ("a", "b", "c"), a, None, None, optional=1)


def test_swapped_bytes_are_put_right():
    swapped = np.array([1.5, -2], dtype=">f4")
    array = validate.native("f", "a", swapped)
    assert array.dtype == np.float32
    assert array.dtype.isnative
    np.testing.assert_array_equal(array, [1.5, -2])


def test_misaligned_arrays_are_copied():
    misaligned = np.frombuffer(bytearray(1 + 3 * 8), dtype=np.float64, offset=1)
    misaligned[:] = [1, 2, 3]
    assert not misaligned.flags.aligned
    array = validate.native("f", "a", misaligned)
    assert array.flags.aligned
    np.testing.assert_array_equal(array, [1, 2, 3])


def test_subclasses_are_seen_as_plain_arrays(tmp_path):
    mapped = np.memmap(tmp_path / "a", dtype=np.float32, mode="w+", shape=3)
    array = validate.native("f", "a", mapped)
    assert type(array) is np.ndarray
    assert np.shares_memory(array, mapped)


def test_numpy_scalars_are_arrays_without_axes():
    array = validate.native("f", "a", np.float32(1.5))
    assert type(array) is np.ndarray
    assert array.shape == ()
    assert array == 1.5


@pytest.mark.parametrize("value", [1, 7, np.int32(3), np.uint8(3), validate.LARGEST, np.array(3)])
def test_whole_numbers_pass(value):
    assert validate.integer("f", "n", value) == value
    assert type(validate.integer("f", "n", value)) is int


@pytest.mark.parametrize("value", [True, False, np.True_, 1.0, np.float64(2), "1", None, np.zeros(2), (1,)])
def test_other_objects_are_no_integers(value):
    with pytest.raises(TypeError, match=r"f: n: got .*, needs an integer"):
        validate.integer("f", "n", value)


@pytest.mark.parametrize("value", [0, -1, 2**31, 10**30])
def test_integers_out_of_range(value):
    with pytest.raises(ValueError, match=f"f: n: got {value}, needs an integer from 1 to 2147483647"):
        validate.integer("f", "n", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2, (2, 2)), ((1, 3), (1, 3)), ([np.int64(1), 3], (1, 3)), ((2,), (2, 2)), ([2], (2, 2))],
)
def test_pairs(value, expected):
    assert validate.pair("f", "stride", value) == expected
    assert validate.stride("f", value, (5, 6)) == expected


@pytest.mark.parametrize("value", [None, (), []])
def test_a_stride_that_is_left_out_is_that_of_the_kernel(value):
    assert validate.stride("f", value, (5, 6)) == (5, 6)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ((1, 2, 3), ValueError, r"f: stride: got \(1, 2, 3\), needs one integer or a pair \(height, width\)"),
        ((), ValueError, "needs one integer or a pair"),
        ((0,), ValueError, "f: stride: got 0, needs an integer from 1"),
        ((0, 1), ValueError, "f: stride: got 0, needs an integer from 1"),
        (0, ValueError, "f: stride: got 0"),
        ((1, True), TypeError, "f: stride: got True, needs an integer"),
        (1.5, TypeError, "f: stride: got 1.5, needs an integer"),
        ("1", TypeError, "f: stride: got '1', needs an integer"),
        (None, TypeError, "f: stride: got None, needs an integer"),
        ({1, 2}, TypeError, "needs an integer"),
    ],
)
def test_wrong_pairs(value, error, message):
    with pytest.raises(error, match=message):
        validate.pair("f", "stride", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, ((0, 0), (0, 0))),
        (2, ((2, 2), (2, 2))),
        (np.int64(2), ((2, 2), (2, 2))),
        ((1, 2), ((1, 1), (2, 2))),
        ([[1, 2], [3, 4]], ((1, 2), (3, 4))),
        ((1, (2, 3)), ((1, 1), (2, 3))),
        ((2,), ((2, 2), (2, 2))),
        (([1, 2],), ((1, 2), (1, 2))),
        ([[1], 2], ((1, 1), (2, 2))),
    ],
)
def test_padding(value, expected):
    assert validate.padding("f", value) == expected


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (-1, ValueError),
        ((0, -1), ValueError),
        (((0, 0), (0, -1)), ValueError),
        (((0, 0, 0), 0), ValueError),
        (True, TypeError),
        ((0, False), TypeError),
        (((0, 1.0), 0), TypeError),
        ((1, 2, 3), ValueError),
        ((), ValueError),
        ((1, ()), ValueError),
        ((((1,),),), TypeError),
        (None, TypeError),
    ],
)
def test_wrong_padding(value, error):
    with pytest.raises(error, match=r"f: padding: got .*, needs "):
        validate.padding("f", value)


def test_output_sizes():
    assert validate.output_size("f", 2) == validate.output_size("f", (2,)) == (2, 2)
    assert validate.output_size("f", [None, 3]) == (None, 3)
    assert validate.output_size("f", (0, None), low=0) == (0, None)
    with pytest.raises(ValueError, match="f: output_size: got 0, needs an integer from 1"):
        validate.output_size("f", (0, None))
    with pytest.raises(ValueError, match=r"f: output_size: got \(\), needs one integer or a pair"):
        validate.output_size("f", ())
    with pytest.raises(TypeError, match="f: output_size: got None, needs an integer"):
        validate.output_size("f", None)


def test_types_of_arrays():
    assert validate.float_type("f", "dtype", "float32") is np.dtype(np.float32)
    assert validate.float_type("f", "dtype", float) is np.dtype(np.float64)
    for value, got in (
        (None, "None"),
        (">f8", ">f8"),
        (np.int64, "int64"),
        ("half", "float16"),
        ("text", "'text'"),
        (3, "3"),
        ((1,), r"\(1,\)"),
    ):
        with pytest.raises(TypeError, match=f"^f: dtype: got {got}, needs float32 or float64$"):
            validate.float_type("f", "dtype", value)


def test_sizes():
    assert validate.size("f", "size", [np.int64(2), 0]) == (2, 0)
    with pytest.raises(TypeError, match="f: size: got 3, needs a tuple of integers"):
        validate.size("f", "size", 3)
    with pytest.raises(TypeError, match=r"f: size: got 2\.0, needs an integer"):
        validate.size("f", "size", (1, 2.0))
    with pytest.raises(ValueError, match="f: size: got -1, needs an integer from 0"):
        validate.size("f", "size", (1, -1))
    assert validate.size("f", "size", (2**20, 2**20)) == (2**20, 2**20)
    with pytest.raises(ValueError, match=r"f: size: got shape \(2, 1048576, .*, needs at most 2\*\*40"):
        validate.size("f", "size", (2, 2**20, 2**20))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64, ">i2", ">i8"])
def test_labels_of_any_integer_type_become_int64(dtype):
    array = validate.labels("f", "target", np.array([[0, 2], [1, 2]], dtype=dtype), stop=3)
    assert array.dtype == np.int64
    assert array.dtype.isnative
    np.testing.assert_array_equal(array, [[0, 2], [1, 2]])


@pytest.mark.parametrize("dtype", [np.int8, np.int64, ">i4"])
def test_the_first_wrong_label_is_named(dtype):
    with pytest.raises(ValueError, match=r"^f: target: got 3 at index 2, needs 0 to 2$"):
        validate.labels("f", "target", np.array([0, 2, 3, -1], dtype=dtype), stop=3)
    with pytest.raises(ValueError, match=r"^f: target: got -1 at index \(1, 0\), needs 0 to 2$"):
        validate.labels("f", "target", np.array([[0, 2], [-1, 3]], dtype=dtype), stop=3)


def test_the_ignored_label_is_right_whatever_its_sign():
    target = np.array([0, -100, 7, 1])
    np.testing.assert_array_equal(validate.labels("f", "target", target[:2], 2, ignored=-100), target[:2])
    np.testing.assert_array_equal(validate.labels("f", "target", target[2:], 2, ignored=7), target[2:])
    with pytest.raises(ValueError, match="got 7 at index 2, needs 0 to 1, or ignore_index=-100"):
        validate.labels("f", "target", target, 2, ignored=-100)


def test_a_huge_unsigned_label_is_not_taken_for_a_negative_one():
    with pytest.raises(ValueError, match=f"got {2**64 - 100} at index 0"):
        validate.labels("f", "target", np.array([2**64 - 100], dtype=np.uint64), 3, ignored=-100)


@pytest.mark.parametrize("value", [[0, 1], np.zeros(2), np.zeros(2, bool), np.bool_(1), 1])
def test_other_objects_are_no_labels(value):
    with pytest.raises(TypeError, match=r"f: target: got .*, needs"):
        validate.labels("f", "target", value, 3)


def test_flags():
    assert validate.flag("f", "on", np.True_) is True
    with pytest.raises(TypeError, match="f: on: got 1, needs True or False"):
        validate.flag("f", "on", 1)


def test_instances():
    validate.instance("f", "x", True, int)
    with pytest.raises(TypeError, match=r"^f: x: got str, needs a int$"):
        validate.instance("f", "x", "1", int)
    with pytest.raises(TypeError, match=r"^f: x: got the class bool, needs a int: bool\(...\) would fit$"):
        validate.instance("f", "x", bool, int)
    with pytest.raises(TypeError, match=r"^f: x: got the class str, needs a int$"):
        validate.instance("f", "x", str, int)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.25)])
def test_numbers(value):
    assert validate.number("f", "p", value, 0, 1) == value


@pytest.mark.parametrize(
    ("value", "error"),
    [(1.1, ValueError), (-0.1, ValueError), (float("nan"), ValueError), (True, TypeError), ("1", TypeError)],
)
def test_wrong_numbers(value, error):
    with pytest.raises(error, match=r"f: p: got .*, needs a number"):
        validate.number("f", "p", value, 0, 1)


def test_axes_count_from_both_ends():
    assert validate.axis("f", 1, (2, 0)) == validate.axis("f", -1, (2, 0)) == 1
    assert validate.axis("f", 0, ()) == validate.axis("f", -1, ()) == 0


@pytest.mark.parametrize(
    ("dim", "shape", "error", "message"),
    [
        (2, (2, 3), ValueError, "f: dim: got 2, needs an integer from -2 to 1"),
        (-3, (2, 3), ValueError, "f: dim: got -3"),
        (True, (2, 3), TypeError, "f: dim: got True"),
        (None, (2, 3), TypeError, "f: dim: got None"),
        (1, (), ValueError, "f: dim: got 1, needs an integer from -1 to 0"),
    ],
)
def test_wrong_axes(dim, shape, error, message):
    with pytest.raises(error, match=message):
        validate.axis("f", dim, shape)


@pytest.mark.parametrize("value", ["avg", "", None, 1, np.array(["mean", "sum"])])
def test_wrong_reductions(value):
    with pytest.raises(ValueError, match=r"f: reduction: got .*, needs 'none', 'mean' or 'sum'"):
        validate.reduction("f", value)
