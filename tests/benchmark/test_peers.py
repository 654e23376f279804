from fastconv.benchmark import peers


def test_who_runs_what():
    everyone = [*peers.PACKAGES]
    assert peers.systems("dense", "forward", everyone) == ["fastconv", "torch", "numpy"]
    assert peers.systems("dense", "forward", ["onnxruntime"]) == ["fastconv", "numpy"]
    assert peers.systems("conv", "input", []) == ["fastconv"]
    assert peers.systems("adam", "step", everyone) == ["fastconv", "torch", "torch-fused"]
    assert peers.systems("network", "predict", ["onnxruntime"]) == ["fastconv", "onnxruntime"]
    assert peers.systems("network", "train", ["onnxruntime"]) == ["fastconv"]


def test_who_is_installed(monkeypatch):
    there = {"torch", "onnxruntime"}
    monkeypatch.setattr(peers, "find_spec", lambda name: name if name in there else None)
    assert peers.installed() == ("torch",)  # a file for onnxruntime is written with onnx
    there.add("onnx")
    assert peers.installed() == ("torch", "onnxruntime")
