import numpy as np
import pytest

from fastconv import nn
from fastconv.explanation import explain

F64 = {"dtype": "float64"}


def image(*shape):
    return np.random.default_rng(0).normal(size=shape)


def formulas(model, loss, x, y):
    """The right-hand sides and entries by symbol, of an explanation whose gradients are all right."""
    explanation = explain(model, loss, x, y)
    assert explanation.ok
    return {s.symbol: (s.line.right, s.line.entries) for s in explanation}


def convolution(*arguments, size=8, pool=None, **settings):
    """The lines of a model whose second layer is a convolution of two channels."""
    # There is another layer with parameters below it, so that its input's gradient is derived too.
    layers = [nn.Conv2d(2, 2, 1, **F64), nn.Conv2d(2, *arguments, **settings, **F64)]
    layers += [pool, nn.Flatten()] if pool else [nn.Flatten()]
    features = nn.Sequential(*layers).output_shape((2, size, size))
    model = nn.Sequential(*layers, nn.Linear(*features, 2, **F64), seed=0)
    return formulas(model, nn.CrossEntropyLoss(), image(2, size, size), 0)


def test_a_convolution_of_many_channels():
    lines = convolution(3, 3)
    assert lines["Z2"] == ("Conv(Z1, W2) + b2", "Z2[o,i,j] = sum_{c,m,n} Z1[c,i+m,j+n] W2[o,c,m,n] + b2[o]")
    assert lines["dL/db2"] == ("sum(dL/dZ2)", "dL/db2[o] = sum_{i,j} dL/dZ2[o,i,j]")
    assert lines["dL/dW2"] == (
        "conv(Z1, dL/dZ2)",
        "dL/dW2[o,c,m,n] = sum_{i,j} Z1[c,i+m,j+n] dL/dZ2[o,i,j]",
    )
    assert lines["dL/dZ1"] == (
        "fullconv(dL/dZ2, rot180(W2))",
        "dL/dZ1[c,u,v] = sum_{o,m,n} dL/dZ2[o,u-m,v-n] W2[o,c,m,n]",
    )


def test_a_convolution_with_one_filter_and_no_bias():
    lines = convolution(1, 3, bias=False)
    assert lines["Z2"] == ("Conv(Z1, W2)", "Z2[i,j] = sum_{c,m,n} Z1[c,i+m,j+n] W2[c,m,n]")
    assert "dL/db2" not in lines


@pytest.mark.parametrize(
    ("settings", "right", "taps"),
    [
        ({"padding": 1}, ", padding 1", "i+m-1,j+n-1"),
        ({"padding": (0, 1)}, ", padding 0x1", "i+m,j+n-1"),
        ({"padding": ((1, 0), (0, 2))}, ", padding top 1, right 2", "i+m-1,j+n"),
        ({"padding": "same"}, ", padding same", "i+m-1,j+n-1"),
        ({"padding": "valid"}, ", padding valid", "i+m,j+n"),
        ({"stride": 2}, ", stride 2", "2i+m,2j+n"),
        ({"stride": (1, 2), "dilation": (3, 1)}, ", stride 1x2, dilation 3x1", "i+3m,2j+n"),
    ],
)
def test_the_settings_of_a_convolution(settings, right, taps):
    lines = convolution(3, 3, **settings)
    assert lines["Z2"][0] == f"Conv(Z1, W2{right}) + b2"
    assert f"Z1[c,{taps}]" in lines["Z2"][1]
    assert f"Z1[c,{taps}]" in lines["dL/dW2"][1]


@pytest.mark.parametrize(
    ("settings", "entries"),
    [
        ({"padding": 1, "dilation": 2}, "dL/dZ1[c,u,v] = sum_{o,m,n} dL/dZ2[o,u+1-2m,v+1-2n] W2[o,c,m,n]"),
        ({"stride": 2}, ""),
    ],
)
def test_the_entries_of_an_input_gradient_are_given_where_they_are_short(settings, entries):
    assert convolution(3, 3, **settings)["dL/dZ1"][1] == entries


def test_a_convolution_in_groups_has_no_formula_for_entries():
    lines = convolution(4, 3, groups=2)
    assert lines["Z2"] == ("Conv(Z1, W2, groups 2) + b2", "")
    assert lines["dL/dW2"][1] == lines["dL/dZ1"][1] == ""


def test_a_pooling_with_settings():
    lines = convolution(3, 3, pool=nn.MaxPool2d(3, 2, padding=1))
    assert lines["P2"] == ("maxpool(Z2, 3x3, stride 2, padding 1)", "P2[i,j] = max_{m,n} Z2[2i+m-1,2j+n-1]")
    assert lines["dL/dZ2"][0] == "route(dL/dP2 to the maxima)"


@pytest.mark.parametrize(
    ("pool", "right", "entries", "shares"),
    [
        (nn.AvgPool2d(2), "2x2", "Z2[2i+m,2j+n] / 4", "4"),
        (
            nn.AvgPool2d(3, 2, 1, divisor_override=5),
            "3x3, stride 2, padding 1, divisor_override 5",
            "Z2[2i+m-1,2j+n-1] / 5",
            "5",
        ),
        (
            nn.AvgPool2d(3, 1, 1, count_include_pad=False),
            "3x3, stride 1, padding 1, count_include_pad False",
            "Z2[i+m-1,j+n-1] / k[i,j]",
            "k[i,j]",
        ),
        (nn.AvgPool2d(2, 3, 0, True), "2x2, stride 3, ceil_mode True", "Z2[3i+m,3j+n] / k[i,j]", "k[i,j]"),
    ],
    ids=repr,
)
def test_an_average_pooling(pool, right, entries, shares):
    lines = convolution(3, 3, pool=pool)
    assert lines["P2"] == (f"avgpool(Z2, {right})", f"P2[i,j] = sum_{{m,n}} {entries}")
    assert lines["dL/dZ2"][0] == f"share(dL/dP2 / {shares} in each window)"


def test_an_adaptive_average_pooling():
    lines = convolution(3, 3, pool=nn.AdaptiveAvgPool2d(1))
    assert lines["P2"] == ("mean(Z2)", "P2 = sum_{u,v} Z2[u,v] / k")
    assert lines["dL/dZ2"][0] == "share(dL/dP2 / k in each window)"
    lines = convolution(3, 3, pool=nn.AdaptiveAvgPool2d((4, None)))
    assert lines["P2"] == ("avgpool(Z2 to (4, W))", "P2[i,j] = sum_{u,v} Z2[u,v] / k[i,j]")
    assert lines["dL/dZ2"][0] == "share(dL/dP2 / k[i,j] in each window)"


@pytest.mark.parametrize(
    ("pool", "terms"),
    [
        (nn.AvgPool2d(2), ["P1 = (1 + 2 + (-4) + 5) / 4 = 1"]),
        (nn.AvgPool2d((1, 2), 2, (0, 1)), ["P1[0,0] = (1) / 2 = 0.5", "P1[0,1] = (2 + 3) / 2 = 2.5"]),
        (nn.AdaptiveAvgPool2d(1), []),
        (nn.AdaptiveAvgPool2d((3, 1)), ["P1[0,0] = (1 + 2 + 3) / 3 = 2", "P1[1,0] = ((-4) + 5 + 6) / 3"]),
    ],
    ids=repr,
)
def test_short_means_are_written_out(pool, terms):
    layers = nn.Conv2d(1, 1, 1, bias=False, **F64), pool, nn.Flatten()
    features = nn.Sequential(*layers).output_shape((1, 3, 3))
    model = nn.Sequential(*layers, nn.Linear(*features, 1, **F64))
    model[0].weight[...] = 1
    x = np.array([[[1.0, 2, 3], [-4, 5, 6], [7, 8, 9]]])
    step = explain(model, nn.BCEWithLogitsLoss(), x, 1)["P1"]
    for written, expected in zip(step.line.terms, terms, strict=False):
        assert written.startswith(expected)
    assert bool(step.line.terms) == bool(terms)


def test_upsampling_copies_pixels():
    lines = convolution(3, 3, pool=nn.Upsample(scale_factor=(2, 1)))
    assert lines["U2"] == ("upsample(Z2 to 12x6, nearest)", "U2[2i+m,j+n] = Z2[i,j]")
    assert lines["dL/dZ2"] == ("collect(dL/dU2)", "dL/dZ2[u,v] = sum_{m,n} dL/dU2[2u+m,v+n]")
    lines = convolution(3, 3, pool=nn.Upsample(7, mode="bilinear", align_corners=True))
    assert lines["U2"] == ("upsample(Z2 to 7x7, bilinear, corners aligned)", "")


def test_channels_become_pixels():
    lines = convolution(4, 3, pool=nn.PixelShuffle(2))
    assert lines["U2"] == ("pixelshuffle(Z2, 2)", "U2[c,2i+m,2j+n] = Z2[4c+2m+n,i,j]")
    assert lines["dL/dZ2"] == ("unshuffle(dL/dU2, 2)", "dL/dZ2[4c+2m+n,i,j] = dL/dU2[c,2i+m,2j+n]")


def test_zeros_around_an_image():
    lines = convolution(3, 3, pool=nn.ZeroPad2d((1, 0, 2, -1)))
    assert lines["Z2'"] == ("pad(Z2, left 1, top 2, bottom -1)", "Z2'[u+2,v+1] = Z2[u,v]")
    assert lines["dL/dZ2"][0] == "crop(dL/dZ2', left 1, top 2, bottom -1)"


@pytest.mark.parametrize(
    ("layer", "right", "gradient"),
    [
        (nn.LeakyReLU(0.2), "max(0, Z1) + 0.2 * min(0, Z1)", "dL/dH * (1[Z1 > 0] + 0.2 * 1[Z1 <= 0])"),
        (nn.PReLU(**F64), "max(0, Z1) + a2 * min(0, Z1)", "dL/dH * (1[Z1 > 0] + a2 * 1[Z1 <= 0])"),
        (
            nn.ELU(2),
            "max(0, Z1) + 2 * (exp(min(0, Z1)) - 1)",
            "dL/dH * (1[Z1 > 0] + 2 * exp(Z1) * 1[Z1 <= 0])",
        ),
        (nn.ReLU6(), "min(max(Z1, 0), 6)", "dL/dH * 1[0 < Z1 < 6]"),
        (nn.Hardtanh(-1, 0.5), "min(max(Z1, -1), 0.5)", "dL/dH * 1[-1 < Z1 < 0.5]"),
        (nn.Hardsigmoid(), "min(max(Z1 + 3, 0), 6) / 6", "dL/dH / 6 * 1[-3 < Z1 < 3]"),
        (
            nn.Hardswish(),
            "Z1 * min(max(Z1 + 3, 0), 6) / 6",
            "dL/dH * ((Z1 / 3 + 1/2) * 1[-3 < Z1 < 3] + 1[Z1 >= 3])",
        ),
        (nn.Tanh(), "tanh(Z1)", "dL/dH * (1 - H^2)"),
        (nn.Softplus(), "log(1 + exp(Z1))", "dL/dH * sigmoid(Z1)"),
        (nn.Softplus(2), "log(1 + exp(2 Z1)) / 2", "dL/dH * sigmoid(2 Z1)"),
        (nn.SiLU(), "Z1 * sigmoid(Z1)", "dL/dH * sigmoid(Z1) * (1 + Z1 * (1 - sigmoid(Z1)))"),
        (nn.GELU(), "Z1 * Phi(Z1)", "dL/dH * (Phi(Z1) + Z1 * phi(Z1))"),
        (nn.LogSoftmax(), "Z1 - log(sum(exp(Z1)))", "dL/dH - exp(H) * sum(dL/dH)"),
    ],
    ids=repr,
)
def test_the_formulas_of_the_activations(layer, right, gradient):
    model = nn.Sequential(nn.Linear(2, 3, **F64), layer, nn.Linear(3, 2, **F64), seed=0)
    explanation = explain(model, nn.CrossEntropyLoss(), [1, 2], 0)
    step = next(step for step in explanation if step.symbol in ("H", "H2"))
    assert step.line.right == right
    assert explanation["dL/dZ1"].line.right == gradient.replace("dL/dH", f"dL/d{step.symbol}")


def test_layers_are_numbered_and_no_symbol_is_given_twice():
    model = nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 2, 3, **F64), nn.ReLU()),
        nn.MaxPool2d(2),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2, 4, **F64),
        nn.Sigmoid(),
        nn.Identity(),
        nn.Linear(4, 3, **F64),
        seed=0,
    )
    explanation = explain(model, nn.CrossEntropyLoss(), image(1, 6, 6), 0)
    forward = [step.symbol for step in explanation if step.part == "forward"]
    assert " ".join(forward) == "X W1 b1 Z1 A1 P1 P1' F W2 b2 Z2 A2 A2' W3 b3 S P y L"
    assert explanation["W1"].line.note == "the parameter 0.0.weight"
    assert explanation["dL/dP1"].formula == "dL/dP1 = route(dL/dP1' to the maxima)"
    assert explanation["dL/dZ2"].formula == "dL/dZ2 = dL/dA2 * A2 * (1 - A2)"


def test_a_dense_network_with_two_hidden_layers_numbers_them():
    model = nn.Sequential(
        nn.Linear(2, 3, **F64),
        nn.ReLU(),
        nn.Linear(3, 3, bias=False, **F64),
        nn.Sigmoid(),
        nn.Linear(3, 2, **F64),
    )
    lines = formulas(model, nn.CrossEntropyLoss(), [1, 2], 0)
    assert lines["H1"][0] == "max(0, Z1)"
    assert lines["Z2"][0] == "W2 H1"
    assert lines["H2"][0] == "sigmoid(Z2)"
    assert "b2" not in lines


def test_a_batch_sums_a_bias_over_its_examples():
    lines = formulas(nn.Linear(2, 3, seed=0, **F64), nn.CrossEntropyLoss(), image(4, 2), [0, 1, 2, 0])
    assert lines["dL/db1"][0] == "sum_{n} dL/dS[n]"


def test_a_softmax_layer():
    model = nn.Sequential(nn.Linear(2, 3, **F64), nn.Softmax(1), seed=0)
    lines = formulas(model, nn.MSELoss(), [[1, 2], [3, 1]], [[0, 1, 0], [1, 0, 0]])
    assert lines["H"][0] == "softmax(Z1)"
    assert lines["dL/dZ1"][0] == "H * (dL/dH - sum(dL/dH * H))"


def test_a_layer_that_is_not_known_is_called_by_its_class():
    class Double(nn.Layer):
        def forward(self, x, training=True):
            return 2 * x, lambda dy, input_gradient=True: (2 * dy, {})

    model = nn.Sequential(nn.Linear(2, 3, **F64), Double(), nn.Linear(3, 2, **F64), seed=0)
    lines = formulas(model, nn.CrossEntropyLoss(), [1, 2], 0)
    assert lines["A1"][0] == "Double(Z1)"
    assert lines["dL/dZ1"][0] == "Double_backward(dL/dA1)"


CLASSES, BATCH = [2, 0], [[1.0, 2], [3, 1]]


@pytest.mark.parametrize(
    ("loss", "x", "y", "value", "gradient"),
    [
        (nn.CrossEntropyLoss(), BATCH[:1], [2], "-log P[y]", "P - onehot(y)"),
        (nn.CrossEntropyLoss(), BATCH, CLASSES, "-1/2 sum_{n} log P[n,y[n]]", "(P - onehot(y)) / 2"),
        (
            nn.CrossEntropyLoss(reduction="sum"),
            BATCH,
            CLASSES,
            "-sum_{n} log P[n,y[n]]",
            "P - onehot(y)",
        ),
        (nn.CrossEntropyLoss(), BATCH[:1], [[0.2, 0.3, 0.5]], "-sum_{c} Y[c] log P[c]", "P - Y"),
        (
            nn.CrossEntropyLoss(label_smoothing=0.1),
            BATCH,
            CLASSES,
            "-1/2 sum_{n,c} Q[n,c] log P[n,c]",
            "(P - Q) / 2",
        ),
        (
            nn.CrossEntropyLoss(weight=np.array([1.0, 2, 3])),
            BATCH,
            CLASSES,
            "CrossEntropyLoss(S, y)",
            "CrossEntropyLoss_backward(S, y)",
        ),
        (
            nn.CrossEntropyLoss(),
            BATCH,
            [1, -100],
            "CrossEntropyLoss(S, y)",
            "CrossEntropyLoss_backward(S, y)",
        ),
        (
            nn.BCEWithLogitsLoss(),
            BATCH,
            np.eye(3)[CLASSES],
            "-mean(Y log A1 + (1 - Y) log(1 - A1))",
            "dL/dA1 * A1 * (1 - A1) = (A1 - Y) / 6",
        ),
        (
            nn.BCEWithLogitsLoss(reduction="sum"),
            BATCH,
            np.eye(3)[CLASSES],
            "-sum(Y log A1 + (1 - Y) log(1 - A1))",
            "dL/dA1 * A1 * (1 - A1) = A1 - Y",
        ),
        (
            nn.BCEWithLogitsLoss(pos_weight=np.array([2.0])),
            BATCH,
            np.eye(3)[CLASSES],
            "BCEWithLogitsLoss(Z1, Y)",
            "BCEWithLogitsLoss_backward(Z1, Y)",
        ),
        (nn.MSELoss(), BATCH, np.eye(3)[CLASSES], "mean((Z1 - Y)^2)", "2 * (Z1 - Y) / 6"),
        (nn.L1Loss(), BATCH, np.eye(3)[CLASSES], "mean(|Z1 - Y|)", "sign(Z1 - Y) / 6"),
        (nn.HuberLoss(delta=2), BATCH, np.eye(3)[CLASSES], "mean(l(Z1 - Y))", "clip(Z1 - Y, -2, 2) / 6"),
        (
            nn.SmoothL1Loss(beta=0.5),
            BATCH,
            np.eye(3)[CLASSES],
            "mean(l(Z1 - Y))",
            "clip((Z1 - Y) / 0.5, -1, 1) / 6",
        ),
        (nn.NLLLoss(), BATCH, CLASSES, "-1/2 sum_{n} Z1[n,y[n]]", "-onehot(y) / 2"),
        (
            nn.NLLLoss(weight=np.array([1.0, 2, 3])),
            BATCH,
            CLASSES,
            "NLLLoss(Z1, y)",
            "NLLLoss_backward(Z1, y)",
        ),
        (nn.MSELoss(reduction="sum"), BATCH, np.eye(3)[CLASSES], "sum((Z1 - Y)^2)", "2 * (Z1 - Y)"),
    ],
)
def test_the_formulas_of_the_losses(loss, x, y, value, gradient):
    lines = formulas(nn.Linear(2, 3, seed=0, **F64), loss, x, y)
    assert lines["L"][0] == value
    assert lines["dL/dS" if isinstance(loss, nn.CrossEntropyLoss) else "dL/dZ1"][0] == gradient


def test_smoothed_labels_are_written_out():
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    step = explain(nn.Linear(2, 4, seed=0, **F64), loss, [1, 2], 3)["L"]
    assert step.line.note == "Q = (1 - 0.1) onehot(y) + 0.1/4: smoothed labels"


def test_a_loss_that_is_not_known_is_called_by_its_class():
    class Sum(nn.Loss):
        def __init__(self):
            super().__init__("sum")

        def _value(self, output, target, **options):
            return (output * target).sum()

        def _gradient(self, output, target, **options):
            return target

    lines = formulas(nn.Linear(2, 3, seed=0, **F64), Sum(), BATCH, np.eye(3)[CLASSES])
    assert lines["L"][0] == "Sum(Z1, Y)"
    assert lines["dL/dZ1"][0] == "Sum_backward(Z1, Y)"
