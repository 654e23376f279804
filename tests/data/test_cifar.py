import io
import pickle
import re
import tarfile

import numpy as np
import pytest

from fastconv import data

PIXELS = 3072
TEN = tuple(f"c{number}" for number in range(10))
BATCHES = [f"data_batch_{number}" for number in range(1, 6)]


def images(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, PIXELS), dtype=np.uint8)


PARTS = [(images(4, number), [(2 * number + k) % 10 for k in range(4)]) for number in range(6)]
"""Five batches and the test: pixels and labels."""


def binary10():
    def content(pixels, labels):
        return b"".join(bytes([label]) + row.tobytes() for row, label in zip(pixels, labels, strict=True))

    names = [f"{name}.bin" for name in BATCHES] + ["test_batch.bin"]
    files = {name: content(*part) for name, part in zip(names, PARTS, strict=True)}
    return files | {"batches.meta.txt": "\n".join(TEN).encode() + b"\n\n"}


def python10(protocol=2):
    names = [*BATCHES, "test_batch"]
    files = {
        name: pickle.dumps({b"data": pixels, b"labels": labels, b"batch_label": b"x"}, protocol)
        for name, (pixels, labels) in zip(names, PARTS, strict=True)
    }
    return files | {"batches.meta": pickle.dumps({"label_names": list(TEN), "num_vis": PIXELS}, protocol)}


FINE, COARSE = [5, 0, 99, 7], [1, 0, 19, 2]


def binary100():
    pixels = PARTS[0][0]
    content = b"".join(bytes(both) + row.tobytes() for *both, row in zip(COARSE, FINE, pixels, strict=True))
    names = {"fine_label_names.txt": [f"f{k}" for k in range(100)],
             "coarse_label_names.txt": [f"g{k}" for k in range(20)]}  # fmt: skip
    return {"train.bin": content, "test.bin": content} | {
        name: "\n".join(lines).encode() for name, lines in names.items()
    }


def python100():
    part = {"data": PARTS[0][0], "fine_labels": FINE, "coarse_labels": COARSE}
    meta = {"fine_label_names": [f"f{k}" for k in range(100)],
            "coarse_label_names": [f"g{k}" for k in range(20)]}  # fmt: skip
    return {"train": pickle.dumps(part), "test": pickle.dumps(part), "meta": pickle.dumps(meta)}


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def pack(path, files, folder="some/", mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(folder + name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def check10(found):
    expected = np.concatenate([pixels for pixels, _ in PARTS[:5]]).reshape(-1, 3, 32, 32)
    np.testing.assert_array_equal(found.train[0], expected.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(found.train[1], np.concatenate([labels for _, labels in PARTS[:5]]))
    np.testing.assert_array_equal(
        found.test[0], PARTS[5][0].reshape(-1, 3, 32, 32).astype(np.float32) / np.float32(255)
    )
    np.testing.assert_array_equal(found.test[1], PARTS[5][1])
    assert found.classes == TEN
    assert found.train[0].flags.c_contiguous


@pytest.mark.parametrize(
    "files", [binary10(), *map(python10, range(2, 6))], ids=["bin", "p2", "p3", "p4", "p5"]
)
def test_both_forms_give_the_same(tmp_path, files):
    check10(data.cifar10(write(tmp_path, files)))


@pytest.mark.parametrize(
    ("folder", "files"), [("cifar-10-batches-bin", binary10()), ("cifar-10-batches-py", python10())]
)
def test_the_folder_around_it(tmp_path, folder, files):
    write(tmp_path / folder, files)
    found = data.cifar10(str(tmp_path))
    check10(found)
    assert found.source == str(tmp_path / folder)


@pytest.mark.parametrize(
    ("name", "files"), [("cifar-10-binary.tar.gz", binary10()), ("cifar-10-python.tar.gz", python10())]
)
def test_the_archive_as_it_was_downloaded(tmp_path, name, files):
    archive = pack(tmp_path / name, files)
    check10(data.cifar10(tmp_path))
    check10(data.cifar10(archive))
    check10(data.cifar10(pack(tmp_path / "plain.tar", files, mode="w")))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "plain.tar"])


@pytest.mark.parametrize("files", [binary100(), python100()], ids=["binary", "python"])
def test_fine_and_coarse_classes(tmp_path, files):
    write(tmp_path, files)
    fine, coarse = data.cifar100(tmp_path), data.cifar100(tmp_path, coarse=True)
    assert fine.train[1].tolist() == fine.test[1].tolist() == FINE
    assert coarse.train[1].tolist() == COARSE
    assert (fine.classes[99], len(coarse.classes)) == ("f99", 20)
    np.testing.assert_array_equal(
        fine.train[0], PARTS[0][0].reshape(-1, 3, 32, 32).astype(np.float32) / np.float32(255)
    )


def test_the_archive_of_100_classes(tmp_path):
    pack(tmp_path / "cifar-100-python.tar.gz", python100())
    assert data.cifar100(tmp_path).train[1].tolist() == FINE


def test_classes_without_names(tmp_path):
    files = binary10()
    del files["batches.meta.txt"]
    assert data.cifar10(write(tmp_path, files)).classes == tuple(map(str, range(10)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"data_batch_3.bin": None}, "got no data_batch_3.bin, needs all of data_batch_1.bin, "),
        ({"data_batch_3.bin": b""}, "data_batch_3.bin: got 0 bytes, needs a multiple of 3073"),
        ({"test_batch.bin": bytes(3072)}, "test_batch.bin: got 3072 bytes, needs a multiple of 3073"),
        ({"batches.meta.txt": b"a\nb"}, "classes: got 2 names, needs 10, one a class"),
    ],
)
def test_binary_files_that_are_not_whole(tmp_path, changed, message):
    files = {name: content for name, content in (binary10() | changed).items() if content is not None}
    for source in write(tmp_path / "a", files), pack(tmp_path / "b.tar.gz", files):
        with pytest.raises(ValueError, match="^" + re.escape(f"cifar10: {source}: {message}")):
            data.cifar10(source)


class Hostile:
    def __reduce__(self):
        return eval, ("1 / 0",)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            Hostile(),
            "got a pickle that is not read (the name 'builtins.eval', which is none of plain data), needs",
        ),
        (
            {"data": PARTS[0][0], "labels": Hostile()},
            "got a pickle that is not read (the name 'builtins.eval', which is none of plain data),",
        ),
        ([1], "got a list, needs a dict"),
        ({"labels": [1]}, "data: got no array, needs uint8 (N, 3072)"),
        ({"data": [1], "labels": [1]}, "data: got no array, needs uint8 (N, 3072)"),
        ({"data": np.zeros((1, 3072)), "labels": [1]}, "data: got float64 of shape (1, 3072), needs uint8"),
        ({"data": PARTS[0][0][:, 1:], "labels": [1]}, "data: got uint8 of shape (4, 3071), needs uint8"),
        ({"data": PARTS[0][0]}, "labels: got no list, needs 4 class numbers"),
        ({"data": PARTS[0][0], "labels": [1, 2]}, "labels: got 2 values, needs 4 class numbers"),
        ({"data": PARTS[0][0], "labels": ["a"] * 4}, "labels: got 4 values, needs 4 class numbers"),
        ({"data": PARTS[0][0], "labels": [2**70] * 4}, "labels: got 4 values, needs 4 class numbers"),
    ],
)
def test_python_files_that_hold_something_else(tmp_path, value, message):
    write(tmp_path, python10() | {"data_batch_2": pickle.dumps(value, 3)})
    with pytest.raises(ValueError, match="^" + re.escape(f"cifar10: {tmp_path}: data_batch_2: {message}")):
        data.cifar10(tmp_path)


def test_names_of_classes_that_are_none(tmp_path):
    write(tmp_path, python10() | {"batches.meta": pickle.dumps({"label_names": 3})})
    with pytest.raises(ValueError, match=r"batches\.meta: got no list label_names of names"):
        data.cifar10(tmp_path)


def test_labels_as_an_array(tmp_path):
    pixels, labels = PARTS[0]
    write(tmp_path, python10() | {"data_batch_1": pickle.dumps({"data": pixels, "labels": np.array(labels)})})
    check10(data.cifar10(tmp_path))


def test_an_archive_cut_short(tmp_path):
    path = pack(tmp_path / "a.tar.gz", binary10())
    content = path.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.99):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(ValueError, match=f"^cifar10: {re.escape(str(path))}: got (an archive that|no )"):
            data.cifar10(path)
    path.write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"got an archive that cannot be read .*, needs a whole"):
        data.cifar10(path)


def test_links_and_large_files_of_an_archive(tmp_path, monkeypatch):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("data_batch_1.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(ValueError, match=r"got no data_batch_1\.bin, data_batch_2"):
        data.cifar10(path)
    monkeypatch.setattr("fastconv.data.cifar.LARGEST", 100)
    path = pack(path, binary10(), folder="../../")
    with pytest.raises(ValueError, match=r"data_batch_1\.bin: got 12292 bytes, needs at most 100"):
        data.cifar10(path)


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(f"cifar10: {tmp_path}: got a folder without the")):
        data.cifar10(tmp_path)
    with pytest.raises(FileNotFoundError, match=re.escape(f"cifar100: {tmp_path / 'a'}: no such folder")):
        data.cifar100(tmp_path / "a")
    with pytest.raises(TypeError, match=r"^cifar10: folder: got int, needs a str or an os.PathLike"):
        data.cifar10(3)
    with pytest.raises(TypeError, match=r"^cifar100: coarse: got 1, needs True or False"):
        data.cifar100(tmp_path, coarse=1)
