"""Modules of a visitor's own: what they add is there, what is wrong with one is said with its file and line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan_core.setup.config import GANConfig
from gan_core.setup.presets import PRESETS
from gan_core.system import laboratory
from gan_core.targets.registry import TARGETS
from gan_core.training.engine import GANEngine
from gan_core.training.known import complete_presets
from throw_away import kept

EXAMPLE = Path(__file__).parents[3] / "examples" / "my_lab.py"


@pytest.fixture(autouse=True)
def registries() -> Iterator[None]:
    before = set(sys.modules)
    with kept():
        yield
    for name in set(sys.modules) - before:
        if name.startswith("ganscope_with_"):
            del sys.modules[name]


def test_the_example_of_the_readme_adds_what_it_says() -> None:
    environ: dict[str, str] = {}
    laboratory.load([str(EXAMPLE)], environ)
    laboratory.load([str(EXAMPLE)], environ)  # once is enough
    assert laboratory.named(environ) == [str(EXAMPLE)]
    complete_presets()
    preset = PRESETS["my-ring"]
    assert preset.config.target == "my-ring(modes=8, sd=0.02)"
    engine = GANEngine(preset, 0, device="cpu")
    assert engine.by_hand  # with a rule of one's own, too, on the CPU
    assert all(m.is_finite() for m in engine.advance(20))
    x = TARGETS.make("my-ring(modes=3, sd=0)").sample(300, torch.Generator().manual_seed(0))
    assert len({tuple(point) for point in x.mul(1000).round().tolist()}) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 +\n", "line 1: SyntaxError"),
        ("x = 1\nx.y\n", "line 2: AttributeError: 'int' object has no attribute 'y'"),
        ("import nowhere\n", "line 1: ModuleNotFoundError: No module named 'nowhere'"),
        (
            "from gan_core.targets.registry import TARGETS\n\nTARGETS.add('spiral', None)\n",
            "line 3: ValueError: There is a target called 'spiral' already.",
        ),
        ("raise KeyboardInterrupt if False else RuntimeError\n", "line 1: RuntimeError"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "lab.py"
    path.write_text(text)
    environ: dict[str, str] = {}
    with pytest.raises(ValueError, match="lab") as refused:
        laboratory.load([str(path)], environ)
    assert str(refused.value).startswith(f"{path}, {said}")
    assert environ == {}


def test_what_is_no_module_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.py is no file"):
        laboratory.load([str(tmp_path / "nowhere.py")], {})
    (tmp_path / "lab.txt").write_text("")
    with pytest.raises(ValueError, match=r"lab\.txt is no Python module"):
        laboratory.load([str(tmp_path / "lab.txt")], {})


def test_a_scenario_of_what_there_is_not_is_named() -> None:
    PRESETS.add("lost", replace(PRESETS["quick"], name="lost", config=GANConfig(target="nowhere")))
    with pytest.raises(ValueError, match=r"^The scenario lost cannot be trained\. There is no target 'nowhere'"):
        complete_presets()


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environ}, cwd=EXAMPLE.parents[1], check=False
    )


@pytest.mark.slow
def test_the_command_line_trains_records_and_proves_it(tmp_path: Path) -> None:
    """In processes of their own; without the module the recorded run is refused, and it is said what to do."""
    train = ("-m", "gan_core", "train", "my-ring", "--steps", "12", "--out")
    done = run(
        *train,
        str(tmp_path),
        "--record",
        "--with",
        str(EXAMPLE),
        "--config",
        "batch=64",
        "--config",
        "target=my-ring(modes=3)",
    )
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("*.sqlite")
    proved = run("-m", "gan_core", "verify", str(file), GANSCOPE_WITH=str(EXAMPLE))
    assert proved.returncode == 0, proved.stderr
    for arguments, said in (
        (
            ("-m", "gan_core", "verify", str(file)),
            "the target 'my-ring', which this version of GANscope does not know. If it was added by a module",
        ),
        ((*train, "out"), "There is no preset 'my-ring'"),
        ((*train, "out", "--with", "nowhere.py"), "argument --with: "),
        (
            (*train, "out", "--with", str(EXAMPLE), "--config", "target=my-ring(modes=99)"),
            "modes of the target my-ring must be",
        ),
        (("app.py", "--with", "nowhere.py"), "argument --with: "),
    ):
        refused = run(*arguments)
        assert refused.returncode == 2, arguments
        assert said in refused.stderr
        assert refused.stderr.count("\n") == 1
