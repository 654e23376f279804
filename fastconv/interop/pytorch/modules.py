"""What PyTorch lacks of fastconv's layers, as modules of the same names and settings. Imports PyTorch."""

from collections.abc import Mapping
from typing import Any

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


class Add(nn.Module):
    """The sum of its inputs."""

    def forward(self, *inputs: Any) -> Any:
        """Their sum."""
        return sum(inputs[1:], inputs[0])


class Concatenate(nn.Module):
    """Its inputs, one after the other along `dim`."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *inputs: Any) -> Any:
        """One tensor of all."""
        return torch.cat(inputs, self.dim)
