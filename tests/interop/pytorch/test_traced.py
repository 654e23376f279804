import numpy as np
import pytest

from fastconv import nn
from fastconv.interop import pytorch

pytestmark = pytest.mark.torch


@pytest.fixture(scope="session")
def basic_block(torch):
    """The block of a ResNet-18, its ReLU in place and used twice."""

    class Block(torch.nn.Module):
        def __init__(self, inputs, outputs, stride=1):
            super().__init__()
            self.conv1 = torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.bn1 = torch.nn.BatchNorm2d(outputs)
            self.relu = torch.nn.ReLU(inplace=True)
            self.conv2 = torch.nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.bn2 = torch.nn.BatchNorm2d(outputs)
            self.shortcut = torch.nn.Sequential()
            if stride != 1:
                convolution = torch.nn.Conv2d(inputs, outputs, 1, stride, bias=False)
                self.shortcut = torch.nn.Sequential(convolution, torch.nn.BatchNorm2d(outputs))

        def forward(self, x):
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.bn2(self.conv2(y))
            y += self.shortcut(x)
            return self.relu(y)

    return Block


@pytest.fixture(scope="session")
def resnet(torch, basic_block):
    class ResNet(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = torch.nn.Conv2d(2, 4, 3)
            self.layers = torch.nn.Sequential(basic_block(4, 4), basic_block(4, 6, 2))
            self.head = torch.nn.Linear(6, 3)

        def forward(self, x):
            x = self.layers(torch.nn.functional.relu(self.stem(x)))
            return self.head(torch.flatten(x.mean([2, 3], True), 1))

    torch.manual_seed(0)
    return ResNet


def test_a_residual_network_has_the_names_of_the_module(resnet, same):
    module = resnet()
    model = same(module, 3, 2, 9, 8)
    assert list(model.state_dict()) == list(module.state_dict())
    assert list(model.children()) == ["stem", "relu", "layers", "mean", "flatten", "head"]
    assert isinstance(model.layers[1], nn.Graph)
    reads = model.layers[1].reads()
    assert reads["add"][1] == ("bn2", "shortcut")
    assert reads["relu_1"][0] is reads["relu"][0]
    model.load_state_dict(module.state_dict())
    module.load_state_dict(pytorch.to_module(model).state_dict())


@pytest.fixture(scope="session")
def squeezed(torch):
    """Squeeze and excitation, hard swish, a dense block's concatenation and a scale that is learned."""

    class Squeezed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = torch.nn.Sequential(
                torch.nn.Conv2d(2, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Hardswish()
            )
            self.squeeze = torch.nn.Conv2d(4, 2, 1)
            self.excite = torch.nn.Conv2d(2, 4, 1)
            self.scale = torch.nn.Parameter(torch.tensor([1.5, 0.5, -1, 2]).reshape(4, 1, 1))
            self.head = torch.nn.Linear(8, 3)

        def forward(self, x):
            x = self.stem(x)
            y = torch.nn.functional.adaptive_avg_pool2d(x, 1)
            y = torch.nn.functional.hardsigmoid(self.excite(torch.relu(self.squeeze(y))))
            y = torch.cat([x, (x * y - 0.5) * self.scale], 1)
            return self.head(y.mean((2, 3)))

    torch.manual_seed(0)
    return Squeezed


@pytest.mark.parametrize("network", ["resnet", "squeezed"])
def test_gradients_in_training_are_pytorchs(network, request, torch):
    module = request.getfixturevalue(network)().double()
    model = pytorch.from_module(module, torch.zeros(2, 2, 9, 8))
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(4, 2, 9, 8)), np.array([0, 2, 1, 1])
    y, backward = model.forward(x)
    loss, of_loss = nn.CrossEntropyLoss().forward(y, target)
    dx, gradients = backward(of_loss())
    given = torch.tensor(x, requires_grad=True)
    theirs = torch.nn.functional.cross_entropy(module.train()(given), torch.tensor(target))
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), abs=1e-12)
    np.testing.assert_allclose(dx, given.grad.numpy(), rtol=1e-8, atol=1e-10)
    for name, parameter in module.named_parameters():
        name = {"scale": "mul_1.weight"}.get(name, name)
        found = gradients[name].reshape(parameter.shape)
        np.testing.assert_allclose(found, parameter.grad.numpy(), rtol=1e-8, atol=1e-10)
    for name, buffer in module.named_buffers():
        np.testing.assert_allclose(model.buffers()[name], buffer.numpy(), rtol=1e-12)


def test_the_module_is_left_as_it_was(resnet, torch):
    module = resnet()
    module.stem.eval()
    module.stem.weight.requires_grad_(False)
    before = {name: array.clone() for name, array in module.state_dict().items()}
    modes = [inner.training for inner in module.modules()]
    model = pytorch.from_module(module, torch.zeros(1, 2, 9, 8))
    assert [inner.training for inner in module.modules()] == modes
    assert all(torch.equal(before[name], array) for name, array in module.state_dict().items())
    assert model.frozen() == ["stem.weight"]


def test_what_is_read_from_the_middle_of_a_list_stands_beside_it(torch, same):
    class UNet(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.downs = torch.nn.ModuleList([torch.nn.Conv2d(2, 3, 3, 2, 1), torch.nn.Conv2d(3, 4, 3, 2, 1)])
            self.input = torch.nn.Conv2d(2, 2, 1)
            self.up = torch.nn.Upsample(scale_factor=2)

        def forward(self, x):
            one = self.downs[0](self.input(x))
            return torch.cat([one, self.up(self.downs[1](one))], 1)

    model = same(UNet(), 2, 2, 8, 8)
    assert list(model.children()) == ["input_1", "downs_0", "downs_1", "up", "cat"]


def test_a_block_that_is_called_twice_has_its_layers_once(torch, basic_block, same):
    class Twice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.block = basic_block(2, 2)

        def forward(self, x):
            return self.block(self.block(x))

    module = Twice()
    model = same(module, 2, 2, 5, 5)
    assert list(model.children()) == ["block", "block_1"]
    assert list(model.parameters()) == [name for name, _ in module.named_parameters()]
    assert model.block.reads()["conv1"][0] is model.block_1.reads()["conv1"][0]


def test_operations_in_place_write_over_what_they_read(torch, of, same):
    same(of(lambda _, x: x.add_(1).mul(x)), 3, 2)
    same(of(lambda _, x: torch.relu_(x) + x), 3, 2)
    same(of(lambda _, x: x.clone().relu_() + x), 3, 2)
    same(of(lambda _, x: torch.relu_(x.contiguous().detach()) * 2), 3, 2)
    module = of(lambda _, x: x.view(-1, 2, 2)[:, 0].mul_(2) + x[:, 2:])
    with pytest.raises(ValueError, match=r"from_module: mul_ writes into what view sees|needs an operation"):
        pytorch.from_module(module, torch.zeros(2, 4))


OPEN = "got a number that depends on the batch's size, needs the same for any"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda m, x: (x, x + 1), "got 2 outputs, needs one that depends on the input"),
        (lambda m, x: m.scale, "got 1 outputs, needs one that depends on the input"),
        (lambda m, x: x.view(2, 3) + 1, "the module fixes the batch's size, needs a forward for any number"),
        (lambda m, x: x + 1 if x.sum() > 0 else x, "torch.export can't follow Module: "),
        (
            lambda m, x: x + m.scale.detach().mul_(2),
            "mul_ writes into the module's numbers, needs one that does",
        ),
        (lambda m, x: x.argmax(1), "argmax: got torch.int64, needs torch.float32 throughout"),
        (lambda m, x: x / x.shape[0], f"div: {OPEN}"),
        (lambda m, x: x + m.scale.expand(x.shape[0], 3), f"expand: {OPEN}"),
        (lambda m, x: x[:, : x.shape[0]], f"slice_1: {OPEN}"),
        (lambda m, x: x[:, :1].expand(-1, 3), "output: got an expanded value, needs arithmetic of it and a"),
        (lambda m, x: x[:, :1].expand_as(x).relu(), "relu: got an expanded value, needs arithmetic of it"),
        (lambda m, x: m.scale.new_ones(1, 3).bernoulli(0.5) * x, "bernoulli draws random numbers, needs"),
    ],
)
def test_what_cannot_be_followed(function, message, of, torch):
    with pytest.raises(ValueError, match=f"^from_module: {message}"):
        pytorch.from_module(of(function, scale=torch.ones(3)), torch.zeros(2, 3))


def test_dropout_that_evaluation_does_too_is_refused(of, torch):
    function = torch.nn.functional.dropout
    for given in ({"training": False}, {"p": 0.0}):
        model = pytorch.from_module(of(lambda _, x, given=given: function(x, **given)), torch.zeros(2, 3))
        assert isinstance(model[0], nn.Dropout)
    message = "from_module: dropout: drops in evaluation, too; training=self.training would fit"
    with pytest.raises(ValueError, match=message):
        pytorch.from_module(of(lambda _, x: function(x)), torch.zeros(2, 3))


def test_a_forward_of_any_number_of_inputs_is_followed_with_one(torch, same):
    class Sum(torch.nn.Module):
        def forward(self, *inputs):
            return sum(inputs) * 2

    same(Sum(), 3, 2)


def test_an_unknown_operation_is_named_with_its_place(torch):
    class Act(torch.nn.Module):
        def forward(self, x):
            return torch.nn.functional.selu(x)

    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.act = Act()

        def forward(self, x):
            return self.act(x) + 1

    place = r"in body.act \(selu at selu\): needs a layer that fastconv.nn has, too; ELU is near"
    module = torch.nn.Sequential()
    module.add_module("body", Block())
    with pytest.raises(ValueError, match=rf"^from_module: {place}$"):
        pytorch.from_module(module, torch.zeros(2, 3))


@pytest.mark.parametrize(
    ("example", "error", "message"),
    [
        ("a", TypeError, r"got str, needs a batch \(N, ...\)"),
        (3.0, ValueError, r"got shape \(\), needs a batch"),
        (np.zeros((0, 2)), ValueError, r"got shape \(0, 2\), needs a batch"),
    ],
)
def test_examples_that_are_no_batch(example, error, message, of, torch):
    with pytest.raises(error, match=rf"^from_module: example_input: {message}"):
        pytorch.from_module(of(lambda _, x: x + 1), example)
