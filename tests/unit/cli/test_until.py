"""`train --until`: where it stops, what it says, and that a killed run stops at the same step."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from test_headless import Exploding, options, run_of, summary
from test_headless_recorded import KILLED, ROOT, same

from gan_core.__main__ import main
from gan_core.cli import train as headless
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import SUFFIX
from gan_core.records.condition import read_condition
from gan_core.rerun.proof import verify
from gan_core.setup.presets import Preset


def command(out: Path, until: str, *more: str, preset: str = "quick", steps: int = 60) -> list[str]:
    options = ["--seed", "4", "--precision", "float32", "--threads", "1", "--device", "cpu"]
    return ["train", preset, "--steps", str(steps), *options, "--out", str(out), "--until", until, *more]


def losses(out: Path) -> list[tuple[float, float]]:
    """Of D and G, by steps from 1 on."""
    rows = (line.split(",") for line in (out / "metrics.csv").read_text().splitlines()[1:])
    return [(float(row[1]), float(row[3])) for row in rows]


def test_it_stops_at_the_first_step_at_which_it_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(tmp_path / "whole", "coverage > 2"), {}) == 0
    assert "; coverage > 2 never held; " in capsys.readouterr().out
    found = summary(tmp_path / "whole")
    assert (found["steps"], found["until"], found["stopped"]) == (60, "coverage > 2", False)
    g_losses = [g for _, g in losses(tmp_path / "whole")]
    level = sorted(g_losses)[-8]
    first = next(step for step, g in enumerate(g_losses, 1) if g >= level)  # there is a look at every step
    assert main(command(tmp_path / "part", f"g_loss >= {level!r}"), {}) == 0
    assert f"{first} steps of quick, seed 4" in (said := capsys.readouterr().out)
    assert f"; stopped where g_loss >= {level!r} held; " in said
    found = summary(tmp_path / "part")
    assert (found["steps"], found["until"], found["stopped"]) == (first, f"g_loss >= {level!r}", True)
    assert losses(tmp_path / "part") == losses(tmp_path / "whole")[:first]


def test_it_stops_at_the_step_itself_whenever_looks_are(tmp_path: Path) -> None:
    assert main(command(tmp_path, "step >= 33", steps=2000), {}) == 0
    assert summary(tmp_path)["steps"] == 33


def test_without_it_nothing_is_waited_for(tmp_path: Path) -> None:
    argv = command(tmp_path, "collapsed", steps=5)
    assert main([word for word in argv if word not in ("--until", "collapsed")], {}) == 0
    assert (summary(tmp_path)["until"], summary(tmp_path)["stopped"]) == (None, False)


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("covrage > 0.5", "argument --until: A condition knows no covrage; close to it are: coverage"),
        ("modes >= 8", "modes is not told of this run. These data have no modes"),
        ("step >= 61", "argument --until: step 61 comes after the last of 60."),
    ],
)
def test_what_cannot_be_is_one_line_and_writes_nothing(
    until: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(command(tmp_path / "out", until), {})
    errors = capsys.readouterr().err
    assert sentence in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_no_number_is_a_state_too(tmp_path: Path, tiny: Preset) -> None:
    asked = replace(options(tmp_path), until=read_condition("diverged"))
    assert headless.run(run_of(Exploding, tiny, 3), asked) == 1
    found = summary(tmp_path)
    assert (found["diagnosis"]["state"], found["stopped"]) == ("diverged", True)


# Needs the story of what was before, the mean loss since the look before, and a step.
TOLD = ("steps", "until", "stopped", "diagnosis", "events")
UNTIL = "covering and step > 48 and d_loss < 0.69"


@pytest.mark.slow
def test_a_killed_run_stops_at_the_same_step(tmp_path: Path) -> None:
    straight, out = tmp_path / "straight", tmp_path / "killed"
    assert main(command(straight, UNTIL), {}) == 0
    whole = summary(straight)
    assert whole["stopped"]
    assert 48 < whole["steps"] < 60
    argv = command(out, UNTIL, "--resume")
    killed = subprocess.run([sys.executable, "-c", KILLED, *argv], cwd=ROOT, capture_output=True, timeout=200)
    assert killed.returncode == -9, killed.stderr.decode()
    for _ in range(2):  # the second time nothing is left to do
        assert main(argv, {}) == 0
        same(out, straight)
        found = summary(out)
        assert {name: found[name] for name in TOLD} == {name: whole[name] for name in TOLD}
    (path,) = out.glob(f"*{SUFFIX}")
    with closing(RunFile.open(path)) as file:
        assert file.last_step() == whole["steps"]
        assert verify(file).proved
