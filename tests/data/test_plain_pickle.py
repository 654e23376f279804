import collections
import os
import pickle
import struct

import numpy as np
import pytest

from fastconv.data.plain_pickle import loads

PLAIN = {
    "text": "Käfer",
    "bytes": b"\0\xff",
    "numbers": [0, 1, 255, 256, 65536, -1, 2**40, 0.5, -1e300],
    "rest": (None, True, False, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}),
    "nested": {"list": [[1], [2, [3]]], 3: "a number as a key"},
    "many": list(range(1200)),
}


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_of_every_protocol(protocol):
    found = loads(pickle.dumps(PLAIN, protocol))
    if protocol < 3:  # empty bytes and the like are calls there; these are not
        assert found.keys() == PLAIN.keys()
    assert found == PLAIN


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.uint8).reshape(2, 3),
        np.arange(6, dtype=">i4").reshape(3, 2),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([True, False]),
        np.zeros((0, 3), np.float32),
        np.array(5, np.int64),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays(protocol, array):
    found = loads(pickle.dumps({"data": [array, 1]}, protocol))["data"][0]
    assert found.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, array)


def test_strings_of_python_2_are_bytes_and_its_keys_text():
    content = b"\x80\x02}q\x00(U\x04dataq\x01U\x02\x00\xffq\x02U\x06labelsq\x03]q\x04(K\x01K\x02eu."
    assert loads(content) == {"data": b"\0\xff", "labels": [1, 2]}


def test_an_array_of_python_2():
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85q\x03U\x01bq\x04"
        b"\x87q\x05Rq\x06(K\x01K\x01K\x02\x86q\x07cnumpy\ndtype\nq\x08U\x02u1q\x09K\x00K\x01\x87q\x0aRq\x0b"
        b"(K\x03U\x01|q\x0cNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0db\x89U\x02\x07\x09q\x0etq\x0fb."
    )
    np.testing.assert_array_equal(loads(content), np.array([[7, 9]], np.uint8))


class Hostile:
    def __reduce__(self):
        return os.system, ("touch pwned",)


class Slots:
    pass


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Hostile(), r"the name '(posix|nt)\.system', which is none of plain data"),
        ([eval], "the name '(builtins|__builtin__).eval', which"),
        (Slots, "the name '.*Slots', which|the name '.*', which"),
        (collections.OrderedDict(a=1), "the name 'collections.OrderedDict'"),
        (np.array([{}], object), "an array of type 'O8', which is no plain number"),
        (np.zeros(2, "i4,f8"), "an array of type 'V12'|the name"),
    ],
)
def test_anything_else_is_refused(value, message, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        content = pickle.dumps(value, protocol)
    except Exception:
        pytest.skip("cannot be written")
    with pytest.raises(ValueError, match=message):
        loads(content)
    assert not list(tmp_path.iterdir())


def array_program(shape=b"K\x02\x85", code=b"U\x02u1", order=b"U\x01|", content=b"U\x02ab"):
    """An array as a pickle makes it, with some of it replaced."""
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01" + shape + b"cnumpy\ndtype\n" + code + b"K\x00K\x01\x87R"
        b"(K\x03" + order + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89" + content + b"tb."
    )


def test_the_program_of_an_array():
    np.testing.assert_array_equal(loads(array_program()), [97, 98])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"shape": b"K\x03\x85"}, r"an array of 2 bytes, needs 3 for shape \(3,\)"),
        ({"shape": b"J\xff\xff\xff\xff\x85"}, r"an array of shape \(-1,\)"),
        ({"shape": b"U\x01a\x85"}, "an array of shape"),
        ({"shape": b"K\x02"}, "an array that is not made of shape, type and bytes"),
        ({"shape": b"\x8a\x09" + b"\xff" * 8 + b"\x7f\x85"}, "an array of 2 bytes, needs"),
        ({"code": b"U\x02O8"}, "an array of type 'O8'"),
        ({"code": b"U\x03V99"}, "an array of type 'V99'"),
        ({"code": b"K\x01"}, "an array of type 1"),
        ({"code": b"]"}, "damaged: TypeError"),
        ({"order": b"U\x01x"}, "an array of byte order 'x'"),
        ({"content": b"]"}, "an array that is not made of"),
    ],
)
def test_arrays_that_are_none(changed, message):
    with pytest.raises(ValueError, match=message):
        loads(array_program(**changed))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "pickle exhausted before seeing STOP"),
        (b"text", "damaged: IndexError"),
        (b"\xff", "at position 0, opcode"),
        (b".", "damaged: 0 values at its end"),
        (b"NN.", "damaged: 2 values at its end"),
        (b"t.", "damaged: IndexError"),
        (b"h\x05.", "damaged: KeyError"),
        (b"}K\x01.", "damaged: 2 values"),
        (b"(NN.", "damaged: 3 values"),
        (b"Na.", "damaged: IndexError"),
        (b"NNa.", "items for something that is no list"),
        (b"N(NNu.", "items for something that is no dict"),
        (b"}(K\x01u.", "zip"),
        (b"}(]Nu.", "a dict with a key of type list"),
        (b"}(((tttNu.", "damaged|a dict with a key"),
        (b"N)R.", "a call of something that is no function"),
        (b"c_codecs\nencode\nNR.", "a call of something"),
        (b"c_codecs\nencode\n)R.", "damaged: TypeError"),
        (b"N)b.", "a state for something that takes none"),
        (b"P1\n.", "the operation PERSID, which plain data does not need"),
        (b"\x80\x02\x82\x01.", "the operation EXT1"),
        (b"ios\nsystem\n.", "the operation INST"),
        (b"U\x05ab", "expected 5 bytes in a string1, but only 2 remain"),
        (b"\x8e" + struct.pack("<Q", 2**62) + b"ab.", "expected 4611686018427387904 bytes"),
        (b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"N.", None),
        (b"r\xff\xff\xff\xff.", "damaged: IndexError"),
        (b"I" + b"9" * 5000 + b"\n.", "digits"),
    ],
)
def test_damaged_and_hostile_programs(content, message):
    if message is None:
        assert loads(content) is None
        return
    with pytest.raises(ValueError, match=message):
        loads(content)


@pytest.mark.parametrize("protocol", range(6))
def test_cut_short_anywhere(protocol):
    short = {name: value for name, value in PLAIN.items() if name != "many"}
    content = pickle.dumps({"data": np.arange(3), "labels": [1, 2]} if protocol > 1 else short, protocol)
    for keep in range(len(content) - 1):
        with pytest.raises(
            ValueError, match=r"damaged|expected|exhausted|no newline|not enough|opcode|operation"
        ):
            loads(content[:keep])
