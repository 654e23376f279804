"""The public list of metrics."""

from fastconv import metrics
from fastconv.training import metrics as home


def test_the_list_has_every_metric_there_is():
    made = {
        name
        for name, value in vars(home).items()
        if isinstance(value, type) and issubclass(value, home.Metric)
    }
    assert set(metrics.__all__) == made | {"accuracy", "binary_accuracy"}
