"""PyTorch at its best: the operators that its layers and autograd call, without autograd's bookkeeping."""

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from fastconv import nn
from fastconv.benchmark import inputs, networks
from fastconv.benchmark.rows import Row
from fastconv.benchmark.task import Task
from fastconv.interop.pytorch import to_module
from fastconv.types import Array


class Torch:
    """PyTorch with images in its default layout, or channels-last; with optimizers "foreach" or "fused"."""

    def __init__(self, threads: int, channels_last: bool = False, fused: bool = False) -> None:
        # By name, so that fastconv is checked and imported where PyTorch is not installed.
        self.torch: Any = importlib.import_module("torch")
        self.torch.set_num_threads(threads)
        self.torch.set_grad_enabled(False)
        self.aten = self.torch.ops.aten
        self.functional = self.torch.nn.functional
        self.layout = self.torch.channels_last if channels_last else self.torch.contiguous_format
        self.fused = fused

    def task(self, row: Row, which: str) -> Task:
        """One pass of one row."""
        builders: dict[str, Callable[[Row, str], Task]] = {
            "conv": self._conv,
            "dense": self._dense,
            "max_pool": self._max_pool,
            "avg_pool": self._avg_pool,
            "adaptive_avg_pool": self._adaptive_avg_pool,
            "relu": self._activation,
            "sigmoid": self._activation,
            "softmax": self._activation,
            "cross_entropy": self._cross_entropy,
            "sgd": self._optimizer,
            "adam": self._optimizer,
            "network": self._network,
        }
        return builders[row.kind](row, which)

    def describe(self) -> dict[str, str]:
        """Version, threads and what its convolutions are compiled for."""
        capability = self.torch.backends.cpu.get_cpu_capability()
        return {"PyTorch": f"{self.torch.__version__}, {capability}, threads: {self.torch.get_num_threads()}"}

    def tensor(self, array: Array | None) -> Any:
        """A tensor of its own memory, images and filters in this system's layout."""
        if array is None:
            return None
        layout = self.layout if array.ndim == 4 else self.torch.contiguous_format
        return self.torch.from_numpy(array).clone(memory_format=layout)

    def _operands(self, row: Row, which: str, *names: str) -> Iterable[Any]:
        arrays = inputs.arrays(row, which)
        return [self.tensor(arrays.get(name)) for name in names]

    def _conv(self, row: Row, which: str) -> Task:
        x, weight, bias, dy = self._operands(row, which, "input", "weight", "bias", "grad_output")
        steps = (row.stride, row.option("padding"), row.option("dilation", 1))
        stride, padding, dilation = ([step, step] for step in steps)
        groups = row.groups
        if which == "forward":
            conv2d = self.functional.conv2d
            return Task(lambda: conv2d(x, weight, bias, stride, padding, dilation, groups), _arrays)
        # The operand that the wanted gradient does not depend on is there for its shape alone.
        filters, *taps = row.layer
        if which == "input":
            x = self.torch.empty(row.size).to(memory_format=self.layout)
        else:
            size = (filters, row.size[1] // groups, *taps)
            weight = self.torch.empty(size).to(memory_format=self.layout)
        backward = self.aten.convolution_backward
        mask = [which == "input", which == "weight", False]
        index = mask.index(True)
        options = (None, stride, padding, dilation, False, [0, 0], groups, mask)
        return Task(lambda: backward(dy, x, weight, *options), lambda result: _arrays(result[index]))

    def _dense(self, row: Row, which: str) -> Task:
        x, weight, bias, dy = self._operands(row, which, "input", "weight", "bias", "grad_output")
        linear, mm = self.functional.linear, self.torch.mm
        calls: dict[str, Callable[[], Any]] = {
            "forward": lambda: linear(x, weight, bias),
            "input": lambda: mm(dy, weight),
            "weight": lambda: mm(dy.t(), x),
        }
        return Task(calls[which], _arrays)

    def _max_pool(self, row: Row, which: str) -> Task:
        x, dy = self._operands(row, which, "input", "grad_output")
        window = ([*row.layer], [row.stride] * 2, [row.option("padding")] * 2, [1, 1], False)
        forward, backward = self.aten.max_pool2d_with_indices, self.aten.max_pool2d_with_indices_backward
        if which == "forward":
            return Task(lambda: forward(x, *window), lambda result: _arrays(*result))
        indices = forward(x, *window)[1]
        return Task(lambda: backward(dy, x, *window, indices), _arrays)

    def _avg_pool(self, row: Row, which: str) -> Task:
        x, dy = self._operands(row, which, "input", "grad_output")
        window = ([*row.layer], [row.stride] * 2, [row.option("padding")] * 2, False, True, None)
        forward, backward = self.aten.avg_pool2d, self.aten.avg_pool2d_backward
        if which == "forward":
            return Task(lambda: forward(x, *window), _arrays)
        return Task(lambda: backward(dy, x, *window), _arrays)

    def _adaptive_avg_pool(self, row: Row, which: str) -> Task:
        x, dy = self._operands(row, which, "input", "grad_output")
        if which == "forward":
            pool = self.functional.adaptive_avg_pool2d
            return Task(lambda: pool(x, row.layer), _arrays)
        if row.layer == (1, 1):  # PyTorch takes the mean over height and width
            pixels = x.shape[2] * x.shape[3]
            return Task(lambda: dy.expand(x.shape) / pixels, _arrays)
        backward = self.aten._adaptive_avg_pool2d_backward
        return Task(lambda: backward(dy, x), _arrays)

    def _activation(self, row: Row, which: str) -> Task:
        x, dy = self._operands(row, which, "input", "grad_output")
        function = getattr(self.torch, row.kind)
        dim = (1,) if row.kind == "softmax" else ()
        if which == "forward":
            return Task(lambda: function(x, *dim), _arrays)
        y, dtype = function(x, *dim), x.dtype
        relu, sigmoid = self.aten.threshold_backward, self.aten.sigmoid_backward
        softmax = self.aten._softmax_backward_data
        calls: dict[str, Callable[[], Any]] = {
            "relu": lambda: relu(dy, y, 0),
            "sigmoid": lambda: sigmoid(dy, y),
            "softmax": lambda: softmax(dy, y, 1, dtype),
        }
        return Task(calls[row.kind], _arrays)

    def _cross_entropy(self, row: Row, which: str) -> Task:
        x, target = self._operands(row, which, "input", "target")
        if which == "forward":
            cross_entropy = self.functional.cross_entropy
            return Task(lambda: cross_entropy(x, target), _arrays)
        aten, one, dtype = self.aten, self.torch.ones(()), x.dtype
        options = (None, 1, -100)  # no class weights, the mean, PyTorch's ignore_index

        def both() -> tuple[Any, Any]:
            """What F.cross_entropy and its backward pass call."""
            y = aten._log_softmax(x, 1, False)
            loss, total = aten.nll_loss_forward(y, target, *options)
            dy = aten.nll_loss_backward(one, y, target, *options, total)
            return loss, aten._log_softmax_backward_data(dy, y, 1, dtype)

        return Task(both, lambda result: _arrays(*result))

    def _network(self, row: Row, which: str) -> Task:
        torch = self.torch
        x, y = map(self.tensor, networks.batch(row))
        if which == "predict":
            module = to_module(networks.model(row)).to(memory_format=self.layout).eval()
            infer = torch.inference_mode()(module)
            return Task(lambda: infer(x), _arrays)
        loss = getattr(torch.nn, type(networks.loss(row)).__name__)()

        def begin(model: nn.Sequential, learning_rate: float) -> Callable[[], float]:
            module = to_module(model).to(memory_format=self.layout)
            options = {"momentum": networks.MOMENTUM, "fused": True}
            rule = torch.optim.SGD(module.parameters(), learning_rate, **options)

            def step() -> float:
                with torch.enable_grad():
                    rule.zero_grad()
                    value = loss(module(x), y)
                    value.backward()
                    rule.step()
                return float(value.item())

            return step

        return networks.training(row, begin)

    def _optimizer(self, row: Row, which: str) -> Task:
        tensors = [self.tensor(array) for array in inputs.parameters(row, "parameter")]
        for tensor, gradient in zip(tensors, inputs.parameters(row, "gradient"), strict=True):
            tensor.requires_grad_()
            tensor.grad = self.tensor(gradient)
        how: dict[str, Any] = {"lr": inputs.LEARNING_RATE, "fused" if self.fused else "foreach": True}
        if row.kind == "sgd":
            rule = self.torch.optim.SGD(tensors, momentum=inputs.MOMENTUM, **how)
        else:
            rule = self.torch.optim.Adam(tensors, **how)
        return Task(lambda: rule.step(), lambda _: _arrays(*tensors))


def _arrays(*tensors: Any) -> list[Array]:
    return [tensor.detach().numpy() for tensor in tensors]
