"""The README says what is so: its script runs, its output is real, its commands and links lead somewhere."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fastconv
from fastconv.cli import main
from fastconv.data import digits
from fastconv.training.trainer import Trainer

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(p for d in ("docs", "kernels", "bench") for p in (ROOT / d).rglob("*.md"))]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def run(what: str) -> dict:
    """The names that the script with these words in it leaves."""
    (script,) = (block for block in blocks("python") if what in block)
    names = {}
    exec(compile(script, "README.md", "exec"), names)
    return names


@pytest.fixture
def few(monkeypatch):
    """A few of the images, and NumPy, where nothing is compiled."""
    whole = digits()
    parts = {
        name: tuple(part[:count] for part in getattr(whole, name))
        for name, count in (("train", 96), ("test", 8))
    }
    monkeypatch.setattr(fastconv.data, "digits", lambda: replace(whole, **parts))
    with fastconv.backend("reference"):
        yield


def test_the_script_trains_and_saves_a_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run("trainer.evaluate")
    assert names["trainer"].evaluate(*names["data"].test)["accuracy"] > 0.9
    images = names["data"].test[0][:5]
    np.testing.assert_array_equal(names["model"].predict(images), names["trainer"].model.predict(images))


def test_the_network_of_ones_own_trains(few):
    names = run("nn.Residual")
    losses = names["trainer"].history["loss"]
    assert len(losses) == 5
    assert losses[-1] < losses[0]
    steps = names["schedule"].total_steps // 5
    assert steps == -(-1438 // 32)


def test_the_search_finds_a_rate_and_saves_a_model(few, tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    search = run("GridSearchCV")["search"]
    assert search.best_params_ == {"lr": 0.01}
    images = fastconv.data.digits().test[0]
    labels = fastconv.load("digits.safetensors").predict_labels(images)
    np.testing.assert_array_equal(labels, search.predict(images))


def test_the_recipe_prints_what_is_shown(capsys, monkeypatch, tmp_path):
    """Its first lines: the training itself takes too long for a test."""

    def fit(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "fit", fit)
    (command,) = (line for line in "".join(blocks("sh")).splitlines() if "--lr-schedule" in line)
    shown = next(block for block in blocks("text") if block.startswith("data  "))
    assert main([*command.split()[1:], "--out", str(tmp_path / "run")]) == 130
    printed = capsys.readouterr().out
    assert shown.split("\n\n")[0] == printed.rstrip()


def test_the_excerpt_is_what_explain_prints(capsys):
    excerpt = blocks("text")[0].splitlines()
    assert main(["explain", "--network", "cnn"]) == 0
    printed = capsys.readouterr().out.splitlines()
    start = next(i for i, line in enumerate(printed) if line.startswith(excerpt[0].split("  ")[0]))
    for said, real in zip(excerpt, printed[start:], strict=False):
        # The last digits depend on the CPU.
        assert NUMBER.sub("#", said).split() == NUMBER.sub("#", real).split()
        numbers = [[float(number) for number in NUMBER.findall(line)] for line in (said, real)]
        np.testing.assert_allclose(*numbers, rtol=0, atol=2e-4)


def test_the_test_command_is_the_one_that_ci_runs():
    (command,) = (line for line in "".join(blocks("sh")).splitlines() if "pytest" in line)
    assert f'bash -c "{command}"' in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:functional|grad)\.\w+)`", README))))
def test_every_function_in_the_table_exists(name):
    module, function = name.split(".")
    assert function in getattr(fastconv, module).__all__


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`fastconv (\w+)", README))))
def test_every_command_exists(command, capsys):
    assert main([command, "--help"]) == 0
    assert command in capsys.readouterr().out


@pytest.mark.parametrize("line", [line for line in blocks("text")[-1].splitlines() if line])
def test_the_tree_is_the_tree(line):
    names = line[: line.index("  ", 2 + len(line) - len(line.lstrip()))] if "  " in line.strip() else line
    folders = [ROOT] if not line.startswith(" ") else [ROOT / "kernels", ROOT / "fastconv"]
    for name in names.split():
        assert name == "..." or any((folder / name).exists() for folder in folders), name


def test_the_contributing_page_fits_on_a_screen_and_names_what_is_there():
    page = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    assert len(page.splitlines()) <= 40
    row = re.search(r"\[lenet.txt\].*`(conv [\d ]+)`", page)[1]
    assert row in (ROOT / "fastconv/benchmark/layers/lenet.txt").read_text(encoding="utf-8")
    assert fastconv.chosen("conv2d", (256, 6, 14, 14), (16, 6, 5, 5))["forward"].algorithm == "direct"


def test_the_kernel_manual_names_files_that_are_there():
    manual = (ROOT / "kernels" / "README.md").read_text(encoding="utf-8")
    files = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py")}
    named = set(re.findall(r"`([\w/]+\.py)`", manual))
    assert not {name for name in named if not any(f"/{file}".endswith(f"/{name}") for file in files)}
