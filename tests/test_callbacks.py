"""The public list of callbacks."""

from fastconv import callbacks
from fastconv.training import callbacks as home


def test_the_list_has_every_callback_there_is():
    made = {
        name
        for name, value in vars(home).items()
        if isinstance(value, type) and value.__module__.startswith(home.__name__)
    }
    assert set(callbacks.__all__) == made
