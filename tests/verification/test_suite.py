import numpy as np
import pytest

from fastconv import reference, verification


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_operation_has_a_case(dtype):
    operations = {case.operation for case in verification.cases(np.dtype(dtype))}
    assert operations == {*reference.__all__} - reference.INNER
