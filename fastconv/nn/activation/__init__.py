"""Activations: layers that act element by element, or along one axis."""

from fastconv.nn.activation.rectifiers import ELU, Hardtanh, LeakyReLU, PReLU, ReLU, ReLU6
from fastconv.nn.activation.smooth import GELU, Hardsigmoid, Hardswish, Sigmoid, SiLU, Softplus, Tanh
from fastconv.nn.activation.softmax import LogSoftmax, Softmax
