"""Estimators for scikit-learn: a convolutional network that is fitted, cross-validated and searched like any.

>>> from fastconv.interop.sklearn import ConvClassifier

Needs scikit-learn: pip install 'fastconv[sklearn]'.
"""

try:
    import sklearn
except ImportError as error:
    needs = "scikit-learn: pip install 'fastconv[sklearn]'"
    raise ImportError(f"fastconv.interop.sklearn: needs {needs}") from error

from fastconv.interop.sklearn.classifier import ConvClassifier
from fastconv.interop.sklearn.regressor import ConvRegressor

__all__ = ["ConvClassifier", "ConvRegressor"]
