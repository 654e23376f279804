import numpy as np
import pytest

from fastconv.interop.pytorch.numbers import array_of

pytestmark = pytest.mark.torch


def test_numbers_are_copied_and_halves_are_widened(torch):
    tensor = torch.tensor([1.5, 2.0], requires_grad=True)
    array = array_of(tensor)
    array[0] = 7
    assert tensor.tolist() == [1.5, 2.0]
    for kind in (torch.float16, torch.bfloat16):
        np.testing.assert_array_equal(
            array_of(torch.tensor([1.5], dtype=kind)), np.float32([1.5]), strict=True
        )


def test_other_numbers_are_refused(torch):
    with pytest.raises(
        ValueError, match=r"^got torch.complex64 \(torch.strided\), needs dense float32, float64"
    ):
        array_of(torch.zeros(2, dtype=torch.complex64))
    with pytest.raises(ValueError, match=r"^got torch.float32 \(torch.sparse_coo\), needs dense"):
        array_of(torch.zeros(2).to_sparse())
