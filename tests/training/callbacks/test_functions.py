import pytest

from fastconv.training.callbacks import LambdaCallback
from tests.training.callbacks.training import X, Y, trainer

HOOKS = ("on_fit_begin", "on_epoch_begin", "on_batch_end", "on_epoch_end", "on_save", "on_fit_end")


def test_each_function_stands_in_for_its_hook():
    seen = []

    def noting(name):
        return lambda trainer, *rest: seen.append((name, len(rest)))

    callback = LambdaCallback(**{name: noting(name) for name in HOOKS})
    trainer().fit(X, Y, batch_size=20, callbacks=[callback], progress=False)
    assert seen == list(zip(HOOKS, (0, 1, 2, 2, 2, 0), strict=True))


def test_hooks_that_are_left_out_do_nothing():
    seen = []
    callback = LambdaCallback(on_epoch_end=lambda trainer, epoch, logs: seen.append(epoch))
    trainer().fit(X, Y, epochs=2, callbacks=[callback], progress=False)
    assert seen == [0, 1]


@pytest.mark.parametrize("name", HOOKS)
def test_what_is_no_function_is_told(name):
    with pytest.raises(TypeError, match=rf"^LambdaCallback: {name}: got 3, needs a function or None"):
        LambdaCallback(**{name: 3})
    with pytest.raises(TypeError, match="unexpected keyword argument 'on_step'"):
        LambdaCallback(on_step=print)
