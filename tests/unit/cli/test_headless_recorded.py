"""Training without a browser that is recorded, killed and gone on with."""

from __future__ import annotations

import csv
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from gan_core.__main__ import main
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import SUFFIX
from gan_core.rerun.proof import verify

ROOT = Path(__file__).parents[3]
STEPS = 60
SETTING = "lr_g=0.01@31"
# Ends itself at step 47 as a preempted job is ended, once everything up to step 20 is on the disk.
KILLED = """
import os, signal, sys
import gan_core.run.run
from gan_core.__main__ import main
from gan_core.recording.recorder import Recorder
from gan_core.training.engine import GANEngine

class Killed(GANEngine):
    def step(self):
        if self.steps == 20:
            assert recorders[0].flush(60)
        if self.steps == 47:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().step()

recorders = []
begin = Recorder.__init__

def noted(recorder, *args, **more):
    begin(recorder, *args, **more)
    recorders.append(recorder)

Recorder.__init__ = noted
gan_core.run.run.begin.__kwdefaults__["make_engine"] = Killed
main(sys.argv[1:], {})
"""


def command(out: Path, *more: str, steps: int = STEPS) -> list[str]:
    options = ["--seed", "4", "--precision", "float32", "--threads", "1", "--device", "cpu"]
    return ["train", "quick", "--steps", str(steps), *options, "--out", str(out), *more]


def recorded(out: Path) -> Path:
    (path,) = out.glob(f"*{SUFFIX}")
    return path


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the run comes to in one go, without being recorded."""
    out = tmp_path_factory.mktemp("straight")
    assert main(command(out, "--set", SETTING), {}) == 0
    return out


def same(out: Path, straight: Path) -> None:
    assert (out / "metrics.csv").read_bytes() == (straight / "metrics.csv").read_bytes()
    np.testing.assert_array_equal(np.load(out / "samples.npy"), np.load(straight / "samples.npy"))


@pytest.mark.slow
def test_a_recorded_run_is_the_same_and_proved(tmp_path: Path, straight: Path) -> None:
    assert main(command(tmp_path, "--set", SETTING, "--record"), {}) == 0
    same(tmp_path, straight)
    with closing(RunFile.open(recorded(tmp_path))) as file:
        assert verify(file).proved
        assert file.last_step() == STEPS
        assert [(change.step, change.name, change.new) for change in file.changes()] == [(31, "lr_g", 0.01)]
        assert file.frame_steps() == list(range(1, STEPS + 1))
        assert file.recipe.preset == "quick"


@pytest.mark.slow
def test_a_killed_run_goes_on_by_the_same_command(tmp_path: Path, straight: Path) -> None:
    argv = command(tmp_path, "--set", SETTING, "--resume")
    killed = subprocess.run([sys.executable, "-c", KILLED, *argv], cwd=ROOT, capture_output=True, timeout=200)
    assert killed.returncode == -9, killed.stderr.decode()
    with closing(RunFile.open(recorded(tmp_path))) as file:
        assert 20 <= file.last_step() < STEPS
    assert not (tmp_path / "samples.npy").exists()
    assert main(argv, {}) == 0
    same(tmp_path, straight)
    with closing(RunFile.open(recorded(tmp_path))) as file:
        assert verify(file).proved


def test_a_finished_run_goes_on_for_longer(tmp_path: Path, straight: Path) -> None:
    assert main(command(tmp_path, "--set", SETTING, "--record", steps=40), {}) == 0
    assert main(command(tmp_path, "--set", SETTING, "--resume"), {}) == 0
    same(tmp_path, straight)
    assert main(command(tmp_path, "--set", SETTING, "--resume"), {}) == 0  # nothing is left to do
    same(tmp_path, straight)


def test_resume_begins_where_nothing_is_recorded(tmp_path: Path, straight: Path) -> None:
    assert main(command(tmp_path, "--set", SETTING, "--resume"), {}) == 0
    same(tmp_path, straight)
    assert recorded(tmp_path).is_file()


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--record"], "go on with it by --resume"),
        (["--resume", "--seed", "5"], "is a run of quick, seed 4"),
        (["--resume", "--steps", "10"], "--steps must be more"),
        (["--resume", "--set", "lr_d=0.05@12"], "comes too late"),
    ],
)
def test_what_does_not_fit_is_one_line_and_loses_nothing(
    argv: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(tmp_path, "--record", steps=20), {}) == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    capsys.readouterr()
    with pytest.raises(SystemExit, match="2"):
        main(command(tmp_path, *argv), {})
    errors = capsys.readouterr().err
    assert sentence in errors
    assert errors.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_another_experiment_than_the_scenario_s_goes_on_as_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Autograd trains it; the same command goes on, another one is refused, and both halves are one run."""
    config = ("--config", "updates=2:1", "--config", "batch=32", "--config", "generator=8:relu")
    assert main(command(tmp_path / "whole", *config, steps=20), {}) == 0
    out = tmp_path / "halves"
    assert main(command(out, *config, "--record", steps=9), {}) == 0
    with pytest.raises(SystemExit, match="2"):
        main(command(out, *config[:2], "--resume", steps=20), {})
    assert "generator 8:relu:tanh; it cannot go on with 128,128,128:leaky-relu" in capsys.readouterr().err
    assert main(command(out, *config, "--resume", steps=20), {}) == 0
    same(out, tmp_path / "whole")
    with closing(RunFile.open(recorded(out))) as file:
        assert (file.recipe.values["updates_d"], file.recipe.values["updates_g"]) == (2, 1)
        assert verify(file).proved


def test_two_runs_in_a_folder_are_not_guessed_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}{SUFFIX}").touch()
    with pytest.raises(SystemExit, match="2"):
        main(command(tmp_path, "--resume"), {})
    assert "holds 2 recorded runs" in capsys.readouterr().err


def test_every_step_has_one_row(straight: Path) -> None:
    with (straight / "metrics.csv").open(newline="") as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == list(range(1, STEPS + 1))
