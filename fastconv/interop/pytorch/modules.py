"""What PyTorch lacks of fastconv's layers, as modules of the same names and settings. Imports PyTorch."""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, ClassVar

import torch
from torch import nn

from fastconv.nn.base import INPUT


class Residual(nn.Module):
    """body(x) + shortcut(x), the shortcut x itself if None."""

    def __init__(self, body: Any, shortcut: Any = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Any) -> Any:
        """The sum of both ways."""
        return self.body(x) + (x if self.shortcut is None else self.shortcut(x))


class Concat(nn.Module):
    """The outputs of the branches, one after the other along `dim`."""

    def __init__(self, *branches: Any, dim: int = 1) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """What the branches give, as one tensor."""
        return torch.cat([branch(x) for branch in self.branches], self.dim)


class Graph(nn.Module):
    """Named modules, each with the names of what it reads: `nn.Graph`."""

    def __init__(self, nodes: Mapping[str, tuple[Any, ...]]) -> None:
        super().__init__()
        for name, (module, *_) in nodes.items():
            self.add_module(name, module)
        self.sources = {name: tuple(sources) for name, (_, *sources) in nodes.items()}

    def forward(self, x: Any) -> Any:
        """The last module's output."""
        values = {INPUT: x}
        name = INPUT
        for name, sources in self.sources.items():
            values[name] = self.get_submodule(name)(*(values[source] for source in sources))
        return values[name]


class _Join(nn.Module):
    """What is made of several inputs, from the first to the last."""

    operation: ClassVar[Callable[[Any, Any], Any]]

    def forward(self, *inputs: Any) -> Any:
        """f(f(x_1, x_2), x_3), and so on."""
        return reduce(type(self).operation, inputs)


class Add(_Join):
    """The sum of its inputs."""

    operation = torch.add


class Subtract(_Join):
    """The first input less the second."""

    operation = torch.sub


class Multiply(_Join):
    """The product of its inputs."""

    operation = torch.mul


class Divide(_Join):
    """The first input by the second."""

    operation = torch.div


class Maximum(_Join):
    """The largest of its inputs."""

    operation = torch.maximum


class Minimum(_Join):
    """The smallest of its inputs."""

    operation = torch.minimum


class Concatenate(nn.Module):
    """Its inputs, one after the other along `dim`."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *inputs: Any) -> Any:
        """One tensor of all."""
        return torch.cat(inputs, self.dim)


class Affine(nn.Module):
    """x·weight + bias, of the shapes `weight` and `bias`; None for none."""

    def __init__(self, weight: Any = None, bias: Any = None, *, dtype: Any = torch.float32) -> None:
        super().__init__()
        for name, shape, value in (("weight", weight, 1.0), ("bias", bias, 0.0)):
            given = None if shape is None else nn.Parameter(torch.full(tuple(shape), value, dtype=dtype))
            self.register_parameter(name, given)

    def forward(self, x: Any) -> Any:
        """x scaled and shifted."""
        x = x if self.weight is None else x * self.weight
        return x if self.bias is None else x + self.bias


class Power(nn.Module):
    """Each element to the power `exponent`."""

    def __init__(self, exponent: float) -> None:
        super().__init__()
        self.exponent = exponent

    def forward(self, x: Any) -> Any:
        """The powers."""
        return x**self.exponent


class Permute(nn.Module):
    """The axes in another order."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Any) -> Any:
        """A view of x."""
        return x.permute(self.dims)


class Reshape(nn.Module):
    """Each sample in another shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Any) -> Any:
        """The same elements."""
        return x.reshape(len(x), *self.shape)


class Slice(nn.Module):
    """x[start:stop:step] along an axis; the step may go backwards, too."""

    def __init__(self, dim: int, start: int | None = None, stop: int | None = None, step: int = 1) -> None:
        super().__init__()
        self.dim, self.start, self.stop, self.step = dim, start, stop, step

    def forward(self, x: Any) -> Any:
        """The part of x."""
        part = slice(self.start, self.stop, self.step).indices(x.shape[self.dim])
        return x.index_select(self.dim, torch.arange(*part, device=x.device))


class Mean(nn.Module):
    """The mean over some axes."""

    def __init__(self, dim: int | tuple[int, ...], keepdim: bool = False) -> None:
        super().__init__()
        self.dim, self.keepdim = dim, keepdim

    def forward(self, x: Any) -> Any:
        """The means."""
        return x.mean(self.dim, self.keepdim)
