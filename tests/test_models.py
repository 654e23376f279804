import numpy as np
import pytest

from fastconv import backend, models, nn

SHAPES = {
    "derivation_cnn": (1, 6, 6),
    "derivation_mlp": (3, 32, 32),
    "digits": (1, 8, 8),
    "lenet5": (1, 28, 28),
    "mnist_cnn": (1, 28, 28),
    "vgg_cifar": (3, 32, 32),
}


def shapes(model):
    return {name: array.shape for name, array in model.parameters().items()}


def kinds(model):
    return [type(layer).__name__ for layer in model]


def test_derivation_cnn_is_the_network_of_the_derivation():
    model = models.derivation_cnn()
    assert kinds(model) == ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]
    assert shapes(model) == {
        "0.weight": (1, 1, 3, 3),
        "0.bias": (1,),
        "4.weight": (1, 4),
        "4.bias": (1,),
    }
    x = np.zeros((2, 1, 6, 6), np.float32)
    assert nn.BCEWithLogitsLoss()(model(x), np.zeros((2, 1), np.float32)) > 0


def test_derivation_cnn_takes_other_sizes():
    model = models.derivation_cnn((9, 7), channels=3, filters=4, kernel_size=2, pool=(2, 3), outputs=5)
    assert shapes(model)["0.weight"] == (4, 3, 2, 2)
    assert model.output_shape((3, 9, 7)) == (5,)
    assert shapes(model)["4.weight"] == (5, 4 * 4 * 2)


def test_derivation_cnn_refuses_an_image_smaller_than_its_windows():
    with pytest.raises(ValueError, match=r"2 \(MaxPool2d\): got 1 x 1 pixels"):
        models.derivation_cnn(3)


def test_derivation_mlp_is_the_network_of_the_derivation():
    model = models.derivation_mlp(7, 5, 3)
    assert kinds(model) == ["Linear", "ReLU", "Linear"]
    assert shapes(model) == {"0.weight": (5, 7), "0.bias": (5,), "2.weight": (3, 5), "2.bias": (3,)}


def test_lenet5_has_the_classic_shapes():
    assert list(shapes(models.lenet5()).values())[::2] == [
        (6, 1, 5, 5),
        (16, 6, 5, 5),
        (120, 400),
        (84, 120),
        (10, 84),
    ]


def test_mnist_cnn_has_the_shapes_of_the_usual_example():
    assert list(shapes(models.mnist_cnn()).values())[::2] == [
        (32, 1, 3, 3),
        (64, 32, 3, 3),
        (128, 9216),
        (10, 128),
    ]


def test_vgg_cifar_doubles_its_filters_at_every_pooling():
    model = models.vgg_cifar()
    assert [layer.out_channels for layer in model if isinstance(layer, nn.Conv2d)] == [
        32,
        32,
        64,
        64,
        128,
        128,
    ]
    assert shapes(model)["16.weight"] == (128, 128 * 4 * 4)


def test_names_lists_what_build_knows():
    assert set(models.names()) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_build_makes_a_model_for_the_given_classes(name, dtype):
    model = models.build(name, classes=7, seed=0, dtype=dtype)
    assert model.output_shape(SHAPES[name]) == (7,)
    assert {array.dtype for array in model.parameters().values()} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", SHAPES)
def test_build_makes_a_model_for_given_images(name):
    model = models.build(name, (2, 16, 20), 3, seed=0)
    assert model.output_shape((2, 16, 20)) == (3,)
    with backend("reference"):  # the kernels compile for each shape
        assert model(np.zeros((2, 2, 16, 20), np.float32)).shape == (2, 3)


def test_build_without_classes_keeps_the_usual_number():
    assert models.build("lenet5").output_shape((1, 28, 28)) == (10,)
    assert models.build("derivation_cnn").output_shape((1, 6, 6)) == (1,)


def test_build_makes_a_dense_network_for_vectors():
    assert kinds(models.build("derivation_mlp", (12,), 4)) == ["Linear", "ReLU", "Linear"]


def test_a_seed_fixes_the_parameters():
    first, same, other = (models.build("digits", seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], same[name]) for name in first)
    assert not np.array_equal(first["0.weight"], other["0.weight"])


def test_an_unknown_name_is_an_error_that_knows_better():
    with pytest.raises(ValueError, match=r"got 'lenet', needs one of .*vgg_cifar; did you mean 'lenet5'\?"):
        models.build("lenet")


@pytest.mark.parametrize("input_shape", [(28, 28), (0, 28, 28), (1, 1, 28, 28)])
def test_a_shape_that_is_no_image_is_an_error(input_shape):
    with pytest.raises(ValueError, match=r"needs \(channels, height, width\), all positive"):
        models.build("lenet5", input_shape)


def test_an_image_that_is_too_small_is_an_error_that_names_the_layer():
    with pytest.raises(ValueError, match=r"3 \(Conv2d\): got 4 x 4 pixels"):
        models.build("lenet5", (1, 8, 8))


@pytest.mark.parametrize("size", [None, 1.5, "66", 0, (6, 6, 6), [6, 2.5]], ids=repr)
def test_a_size_of_another_kind_is_told(size):
    with pytest.raises((TypeError, ValueError), match=r"^derivation_cnn: size: got "):
        models.derivation_cnn(size=size)


@pytest.mark.parametrize("shape", [5, 2.5, "abc", (1, 8.0, 8)], ids=repr)
def test_an_input_shape_of_another_kind_is_told(shape):
    with pytest.raises(TypeError, match=r"^models: input_shape: got "):
        models.lenet5(shape)
    with pytest.raises(TypeError, match=r"^build: input_shape: got "):
        models.build("lenet5", shape)


@pytest.mark.parametrize("name", [None, 5, ["lenet5"]], ids=repr)
def test_a_name_of_another_kind_is_told(name):
    with pytest.raises(TypeError, match=r"^build: name: got \w+, needs one of derivation_cnn, "):
        models.build(name)
