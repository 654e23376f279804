"""The command line: commands, options, and what each option takes."""

import argparse
import math
from collections.abc import Callable, Sequence
from typing import NoReturn

from fastconv import __version__
from fastconv.benchmark import peers
from fastconv.benchmark import rows as benchmark

DATA = (
    "digits, idx:IMAGES,LABELS[,TEST_IMAGES,TEST_LABELS], cifar10:DIR, cifar100:DIR, folder:DIR (a folder of "
    "images for each class) or npz:FILE"
)
EPOCHS = "passes over the images (30, fewer over more than 8,000 images)"

OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
SCHEDULES = (
    "one-cycle, cosine or polynomial over the whole run; by epochs step,step_size=10,gamma=0.1, "
    "multi-step,milestones=10:20, exponential,gamma=0.9, linear"
)
SIZE = "height and width that images of a folder are resized to"

MODEL = "a file that train, model.save or trainer.save wrote, an ONNX file, or a .keras file"
FOREIGN = "a model that train did not write (default: their own)"


class Parser(argparse.ArgumentParser):
    """A parser whose errors are exceptions, for `main` to print in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        raise ValueError(f"{message} (see {self.prog} --help)")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; `.command` is the name of the command's module. ValueError for a bad one."""
    parser = Parser(prog="fastconv", description="Convolutional networks on the CPU.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"fastconv {__version__}")
    every = Parser(add_help=False)
    every.add_argument("--traceback", action="store_true", help="show where an error comes from")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[every], allow_abbrev=False)

    _train(command("train", "Train a network and write a run folder with model, figures and pictures."))
    _evaluate(command("evaluate", "Measure a trained model on the test part of a data set."))
    _predict(command("predict", "Name the class of image files."))
    _export(command("export", "Write a model as an ONNX file, which other runtimes read."))
    _import(command("import", "Make a model of an ONNX file, or one of Keras, to train and to run it here."))
    _explain(command("explain", "Derive every gradient of a small network, step by step, with numbers."))
    command("verify", "Check every compiled kernel against its NumPy reference on this machine.")
    _bench(command("bench", "Time layers of real networks beside other libraries, into a run folder."))
    _warmup(command("warmup", "Compile the kernels of a network before they are needed."))
    command("info", "Show versions, CPU, threads and the cache of compiled kernels.")
    return parser.parse_args(arguments)


def _train(parser: argparse.ArgumentParser) -> None:
    """What decides a training is None where it is not given: `settings` knows the defaults."""
    _data(parser)
    parser.add_argument("--model", metavar="NAME", help="network (default: digits, a LeNet)")
    parser.add_argument("--epochs", type=_whole(1), metavar="N", help=EPOCHS)
    parser.add_argument("--batch-size", type=_whole(1), metavar="N", help="images a step (32)")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, help="adam (default), adamw, rmsprop or sgd")
    rates = "learning rate, its largest with one-cycle (adam and adamw 0.003, rmsprop 0.001, sgd 0.03)"
    parser.add_argument("--lr", type=_rate, metavar="RATE", help=rates)
    decay = "weight decay (the optimizer's own: adamw 0.01, others 0)"
    parser.add_argument("--weight-decay", type=_decay, metavar="RATE", help=decay)
    parser.add_argument("--lr-schedule", metavar="NAME[,KEY=VALUE...]", help=f"{SCHEDULES} (default: none)")
    parser.add_argument("--size", type=_size, metavar="H[,W]", help=f"{SIZE} (default: that of all of them)")
    changes = (
        "random changes of the training images, with a number each: crop=4,flip (or shift, rotate, noise, "
    )
    parser.add_argument("--augment", metavar="NAME[=N],...", help=f"{changes}cutout, mixup)")
    normalize = "subtract the mean of the training images, divide by their deviation; the model remembers it"
    parser.add_argument("--normalize", action="store_true", default=None, help=normalize)
    parser.add_argument("--seed", type=_whole(0), metavar="N", help="start of all randomness (0)")
    parser.add_argument("--out", metavar="DIR", help="run folder (default: the next runs/DATA-MODEL-NUMBER)")
    ranks = "mpi, or mpi:SHARDS: the processes that mpiexec started train together (8 shards of each batch)"
    parser.add_argument("--parallel", type=_parallel, metavar="mpi", help=ranks)
    profile = "at the end, print where the time of a step goes, and draw it as profile.png"
    parser.add_argument("--profile", action="store_true", help=profile)
    resume = "go on with the run in --out DIR, which says the rest; more --epochs prolong it"
    parser.add_argument("--resume", action="store_true", help=resume)
    _backend(parser)
    parser.set_defaults(data=None, backend=None)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(_whole(1)(one) for one in text.split(","))


def _link(text: str) -> tuple[float, float]:
    values = [_rate(one) for one in text.split(",")]
    if len(values) != 2:
        raise argparse.ArgumentTypeError(f"got {text}, needs LATENCY,BANDWIDTH, such as 25e-6,1.25e9")
    return values[0], values[1]


def _parallel(text: str) -> str:
    """mpi:SHARDS."""
    name, _, shards = text.partition(":")
    if name != "mpi":
        raise argparse.ArgumentTypeError(f"got {text}, needs mpi or mpi:SHARDS")
    return f"mpi:{_whole(1)(shards or '8')}"


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help=MODEL)
    _data(parser)
    parser.add_argument("--size", type=_size, metavar="H[,W]", help=f"{SIZE}, for {FOREIGN}")
    _backend(parser)


def _predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help=MODEL)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="image file, resized to the model's input")
    parser.add_argument("--labels", action="store_true", help="print the class of each image alone")
    size = f"height and width that images are resized to, for {FOREIGN}"
    parser.add_argument("--size", type=_size, metavar="H[,W]", help=size)
    parser.add_argument("--invert", action="store_true", help="for dark strokes on light paper")
    values = "values of grey images that become 0 and 1, where the files do not say it, such as 0,4095"
    parser.add_argument("--range", type=_range, metavar="LOW,HIGH", help=values)
    _backend(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help=MODEL)
    parser.add_argument("out", metavar="OUT.onnx", help="file to write")
    shape = "shape of an input, where the file does not say it"
    parser.add_argument("--input-shape", type=_shape, metavar="C,H,W", help=shape)
    opset = "version of ONNX's operators, from 13 up (20)"
    parser.add_argument("--opset", type=_whole(1), default=20, metavar="N", help=opset)


def _warmup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help=f"a network by its name, or {MODEL}")
    shape = "shape of an input, C,H,W, where the file does not say it"
    parser.add_argument("shape", type=_shape, metavar="SHAPE", nargs="?", help=shape)
    batch = "samples in a batch, of one prediction or several (1)"
    parser.add_argument("--batch", type=_counts, default=(1,), metavar="N,...", help=batch)
    parser.add_argument("--train", action="store_true", help="the kernels of training steps, too")


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="IN.onnx", help="file to read, or one that Keras wrote: IN.keras")
    parser.add_argument("out", metavar="MODEL.safetensors", help="file to write")


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", choices=("cnn", "mlp"), help="one of the two networks (default: both)")
    page = "write a page instead, in which each number shows where it comes from and can be changed"
    parser.add_argument("--html", metavar="FILE", help=page)
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def _bench(parser: argparse.ArgumentParser) -> None:
    sets, passes = ", ".join(benchmark.names()), tuple(benchmark.PASSES)
    files = f"files FILE.txt or sets of layers: {sets} (default: all)"
    parser.add_argument("--set", type=_several(), metavar="NAME,...", help=files)
    some = f"some of {', '.join(passes)} (default: all)"
    parser.add_argument("--passes", type=_several(passes), metavar="NAME,...", help=some)
    parser.add_argument("--threads", type=_whole(1), metavar="N", help="threads of every system (all cores)")
    parser.add_argument(
        "--seconds", type=_rate, metavar="S", help="time of each pass in each system (0.25, --quick 0.1)"
    )
    parser.add_argument("--quick", action="store_true", help="a few layers of each set, in less time each")
    steps = "whole networks alone: a training step and a prediction of each"
    parser.add_argument("--steps", action="store_true", help=steps)
    packages = tuple(peers.PACKAGES)
    left = f"peers to leave out: some of {', '.join(packages)}"
    parser.add_argument("--without", type=_several(packages), metavar="NAME,...", help=left)
    parser.add_argument("--no-torch", action="store_true", help="the same as --without torch")
    ranks = "data-parallel training instead: steps of so many ranks of one thread, and a forecast of more"
    parser.add_argument("--ranks", type=_counts, metavar="N,...", help=ranks)
    link = "of the forecast, in seconds and bytes a second (default: as measured between two ranks)"
    parser.add_argument("--link", type=_link, metavar="LATENCY,BANDWIDTH", help=link)
    parser.add_argument("--out", metavar="DIR", help="run folder (default: the next runs/bench-NUMBER)")


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default="digits", metavar="SOURCE", help=f"{DATA} (default: digits)")


def _backend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend", choices=("numba", "reference"), default="numba", help="numba (default) or NumPy"
    )


def _whole(least: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"got {text}, needs a whole number from {least} up")
        return value

    return convert


def _size(text: str) -> tuple[int, int]:
    try:
        sizes = [int(size) for size in text.split(",")]
    except ValueError:
        sizes = []
    if len(sizes) not in (1, 2) or min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"got {text}, needs H or H,W, such as 32 or 32,48")
    return sizes[0], sizes[-1]


def _shape(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(size) for size in text.split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"got {text}, needs sizes of at least 1, such as 3,32,32")
    return sizes


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        raise argparse.ArgumentTypeError(f"got {text}, needs two numbers LOW,HIGH, such as 0,4095")
    return low, high


def _several(known: tuple[str, ...] = ()) -> Callable[[str], tuple[str, ...]]:
    """Names with commas between them, from a list of known ones if there is one."""

    def convert(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        for name in names:
            if not name or (known and name not in known):
                needs = f"one or more of {', '.join(known)}" if known else "names with commas between them"
                raise argparse.ArgumentTypeError(f"got {text!r}, needs {needs}")
        return names

    return convert


def _decay(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"got {text}, needs a number from 0 up")
    return value


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"got {text}, needs a number above 0")
    return value
