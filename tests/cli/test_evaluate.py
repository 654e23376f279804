import numpy as np
import pytest

import fastconv as fc
from fastconv import nn, optim


def net(outputs=3):
    return nn.Sequential(nn.Flatten(), nn.Linear(48, outputs), seed=0)


@pytest.fixture(scope="module")
def learned(bars, tmp_path_factory):
    """Files of a model from Python that learned the bars by their names: `model.save`, `trainer.save`."""
    folder = tmp_path_factory.mktemp("models")
    data = fc.data.npz(bars)
    names = np.array(["a bar", "centre", "left"])[[2, 1, 0]]  # not in the order of the file
    model = net()
    with fc.backend("reference"):
        trainer = fc.Trainer(model, nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.01))
        trainer.fit(data.train[0], names[data.train[1]], epochs=30, progress=False)
    assert model.classes == ("a bar", "centre", "left")
    model.save(folder / "model.safetensors")
    trainer.save(folder / "trainer.safetensors")
    with np.load(bars) as arrays:
        np.savez(folder / "named.npz", **{**arrays, "classes": names})
    return folder


def test_figures_and_classes(fastconv, model, bars):
    result = fastconv("evaluate", model, "--data", f"npz:{bars}", "--backend", "reference")
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == f"model      {model}"
    assert lines[1] == f"data       npz:{bars}: 12 test images"
    assert lines[2].startswith("loss       0.")
    assert lines[3] == "accuracy   100.00 % (12 of 12)"
    assert lines[5:] == [
        "class    images   right   accuracy   taken for",
        "left          4       4   100.00 %",
        "middle        4       4   100.00 %",
        "right         4       4   100.00 %",
    ]


def test_wrong_answers_say_what_they_were_taken_for(fastconv, model, bars, tmp_path):
    with np.load(bars) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    wrong = np.where(labels == 2, 0, labels)  # what shows a bar on the right is now called left
    path = tmp_path / "wrong.npz"
    np.savez(path, x_train=images, y_train=wrong, x_test=images[:30], y_test=wrong[:30])
    result = fastconv("evaluate", model, "--data", f"npz:{path}", "--backend", "reference")
    assert result.out.splitlines()[3] == "accuracy   66.67 % (20 of 30)"
    assert result.out.splitlines()[6:] == [
        "left         20      10    50.00 %   right (10)",
        "middle       10      10   100.00 %",
        "right         0       0          -",
    ]


def test_images_of_another_shape(refused, model):
    assert refused("evaluate", model) == f"digits: got images of shape (1, 8, 8), needs (1, 6, 8) for {model}"


def test_more_classes_than_the_model_knows(refused, model, tmp_path):
    path = tmp_path / "four.npz"
    np.savez(path, images=np.zeros((8, 6, 8), np.uint8), labels=np.arange(8) % 4)
    message = refused("evaluate", model, "--data", f"npz:{path}")
    assert message == f"npz:{path}: got 4 classes, needs at most 3 for {model}"


def test_a_missing_model(refused, tmp_path):
    assert str(tmp_path / "none") in refused("evaluate", tmp_path / "none")


@pytest.mark.parametrize("file", ["model", "trainer"])
def test_a_model_from_python_and_its_own_classes(fastconv, learned, file):
    source = ("--data", f"npz:{learned / 'named.npz'}", "--backend", "reference")
    result = fastconv("evaluate", learned / f"{file}.safetensors", *source)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[3] == "accuracy   100.00 % (12 of 12)"
    assert [line.split("   ")[0].strip() for line in lines[6:]] == ["a bar", "centre", "left"]


def test_classes_that_the_model_has_not(refused, learned, bars):
    message = "got the class middle, needs those of "
    assert message in refused("evaluate", learned / "model.safetensors", "--data", f"npz:{bars}")


def test_a_model_without_classes_takes_the_names_of_the_data(fastconv, bars, tmp_path):
    net().astype(np.float64).save(tmp_path / "net.safetensors")
    source = ("--data", f"npz:{bars}", "--backend", "reference")
    lines = fastconv("evaluate", tmp_path / "net.safetensors", *source).out.splitlines()
    assert [line.split()[0] for line in lines[6:]] == ["left", "middle", "right"]


def test_one_output_for_two_classes(fastconv, bars, tmp_path):
    with np.load(bars) as arrays:
        two = arrays["labels"] < 2
        np.savez(tmp_path / "two.npz", images=arrays["images"][two], labels=arrays["labels"][two])
    net(1).save(tmp_path / "net.safetensors")
    source = ("--data", f"npz:{tmp_path / 'two.npz'}", "--backend", "reference")
    lines = fastconv("evaluate", tmp_path / "net.safetensors", *source).out.splitlines()
    assert [line.split()[0] for line in lines[6:]] == ["0", "1"]


def test_models_that_do_not_fit_the_data(refused, bars, model, tmp_path):
    path, source = tmp_path / "net.safetensors", ("--data", f"npz:{bars}")
    net().save(path)
    assert refused("evaluate", path).startswith(f"{path}: got images of shape (1, 8, 8): in 1 (Linear): ")
    nn.Sequential(nn.Conv2d(1, 2, 1)).save(path)
    needs = "needs a number for each class: a classifier"
    assert refused("evaluate", path, *source) == (
        f"{path}: got outputs of shape (2, 6, 8) for an image, {needs}"
    )
    net(2).save(path)
    assert refused("evaluate", path, *source) == f"npz:{bars}: got 3 classes, needs at most 2 for {path}"


def test_a_size_that_the_model_says_itself(refused, model, tmp_path):
    message = f"--size: got it with {model}, which takes images of 6 x 8; needs none"
    assert refused("evaluate", model, "--data", f"folder:{tmp_path}", "--size", 8) == message
    assert refused("evaluate", model, "--size", 8).startswith("--size: got it with digits, needs images of")
