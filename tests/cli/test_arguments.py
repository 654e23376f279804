import pytest

from fastconv.cli import arguments, settings
from fastconv.cli.arguments import parse
from fastconv.optim import table
from fastconv.optim.lr_scheduler import table as schedules


def test_what_decides_a_training_is_none_unless_it_is_given():
    options = vars(parse(["train"]))
    assert {name: options.pop(name) for name in settings.DEFAULTS} == dict.fromkeys(settings.DEFAULTS)
    assert options == {"command": "train", "out": None, "profile": False, "resume": False, "traceback": False}


def test_optimizers_are_those_of_their_table():
    assert [*table.KINDS] == [*arguments.OPTIMIZERS]


def test_schedules_are_those_of_their_table():
    assert all(name in arguments.SCHEDULES for name in schedules.KINDS)


def test_every_option_of_train():
    given = (
        "--data npz:a --model lenet5 --epochs 3 --batch-size 8 --lr 1e-2 --seed 5 --out b --backend reference"
    )
    options = parse(["train", *given.split(), "--traceback"])
    assert (options.data, options.model, options.epochs, options.batch_size) == ("npz:a", "lenet5", 3, 8)
    assert (options.lr, options.seed, options.out) == (0.01, 5, "b")
    assert (options.backend, options.traceback) == ("reference", True)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--epochs", "0", "argument --epochs: got 0, needs a whole number from 1 up"),
        ("--epochs", "1.5", "argument --epochs: got 1.5, needs a whole number from 1 up"),
        ("--batch-size", "-3", "argument --batch-size: got -3, needs a whole number from 1 up"),
        ("--seed", "-1", "argument --seed: got -1, needs a whole number from 0 up"),
        ("--lr", "0", "argument --lr: got 0, needs a number above 0"),
        ("--lr", "nan", "argument --lr: got nan, needs a number above 0"),
        ("--lr", "inf", "argument --lr: got inf, needs a number above 0"),
        ("--lr", "fast", "argument --lr: got fast, needs a number above 0"),
        ("--size", "0", "argument --size: got 0, needs H or H,W, such as 32 or 32,48"),
        ("--size", "3,4,5", "argument --size: got 3,4,5, needs H or H,W"),
        ("--size", "big", "argument --size: got big, needs H or H,W"),
        ("--weight-decay", "-1", "argument --weight-decay: got -1, needs a number from 0 up"),
        ("--optimizer", "lion", "argument --optimizer: invalid choice: 'lion'"),
        ("--backend", "cuda", "argument --backend: invalid choice: 'cuda'"),
    ],
)
def test_values_that_are_refused(refused, option, value, message):
    assert refused("train", f"{option}={value}").startswith(message)


def test_one_size_or_two():
    assert parse(["train", "--size", "32"]).size == (32, 32)
    assert parse(["train", "--size", "32,48"]).size == (32, 48)


@pytest.mark.parametrize("given", [("evaluate",), ("predict",), ("predict", "model")])
def test_what_has_to_be_given(refused, given):
    assert refused(*given).startswith("the following arguments are required: ")


def test_networks_of_explain(refused):
    assert parse(["explain"]).network is None
    assert parse(["explain", "--network", "cnn"]).network == "cnn"
    assert refused("explain", "--network", "rnn").startswith("argument --network: invalid choice: 'rnn'")


def test_range_of_predict(refused):
    assert parse(["predict", "model", "image"]).range is None
    assert parse(["predict", "model", "image", "--range", "0,4095"]).range == (0, 4095)
    assert parse(["predict", "model", "image", "--range=-1.5,1e3"]).range == (-1.5, 1000)
    for value in ("4095", "0,1,2", "1,1", "5,0", "0,nan", "0,inf", "low,high", ""):
        message = f"argument --range: got {value}, needs two numbers LOW,HIGH, such as 0,4095"
        assert refused("predict", "model", "image", f"--range={value}").startswith(message)
