import numpy as np


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
