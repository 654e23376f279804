"""Files and models of other libraries.

`safetensors` holds arrays by name, in the files that PyTorch's users exchange.
"""

from fastconv.interop import safetensors

__all__ = ["safetensors"]
