"""A table of points named on a command line: trained, recorded, gone on with, proved, and missed where it is not."""

from __future__ import annotations

import json
import math
import random
import re
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.stats import mannwhitneyu

from envelope_reader import read
from gan_core.__main__ import main
from gan_core.datasets import folder as data
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import SUFFIX, RunFolder
from gan_core.recording.library import Library
from gan_core.recording.start import resume
from gan_core.recording.stored import StoredRuns
from gan_core.rerun.proof import verify
from gan_core.targets.registry import TARGETS

HOW = ("--seed", "4", "--precision", "float32", "--threads", "1", "--device", "cpu")
SMALL = ("--config", "generator=8:relu", "--config", "discriminator=8:relu", "--config", "batch=16")


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whichever folder a command looks into, the next test does not."""
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "nowhere"))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ring of radius 30 about (120, -40), with a column of names, semicolons and decimal commas."""
    drawn = random.Random(1)
    turns = [drawn.random() * 2 * math.pi for _ in range(600)]
    lines = [f"p{n};{120 + 30 * math.cos(t):.3f};{-40 + 30 * math.sin(t):.3f}" for n, t in enumerate(turns)]
    path = tmp_path_factory.mktemp("table") / "ring.csv"
    path.write_text("name;länge;breite\n" + "\n".join(lines).replace(".", ","), encoding="utf-8")
    return path


def train(out: Path, target: str, steps: int, *more: str) -> int:
    return main(
        [
            "train",
            "quick",
            "--steps",
            str(steps),
            *HOW,
            *SMALL,
            "--config",
            f"target={target}",
            "--out",
            str(out),
            *more,
        ],
        {},
    )


def file_of(out: Path) -> Path:
    (path,) = out.glob(f"*{SUFFIX}")
    return path


@pytest.fixture(scope="module")
def recorded(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a recorded run of 20 steps."""
    out = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(data.VARIABLE, "")
        assert train(out, f"csv:{table}", 20, "--record") == 0
    return out


def test_the_run_names_its_points_and_the_summary_their_units(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(data.VARIABLE, str(recorded / "data"))
    summary = json.loads((recorded / "summary.json").read_text())
    (points,) = (recorded / "data").glob("*.npy")
    assert summary["config"]["target"] == f"csv-{points.stem}"
    told = summary["data"]
    assert (told["name"], told["columns"], told["points"]) == ("ring.csv", ["länge", "breite"], 600)
    assert told["scale"]["middle"] == pytest.approx([120, -40], abs=0.1)
    assert told["scale"]["unit"] == pytest.approx(30 / 0.9, rel=1e-3)
    assert summary["readings"]["coverage"] is not None
    # Of all that was kept: which of the points lie nearer to one that was trained on.
    target = TARGETS.make(summary["config"]["target"])
    assert target.trained is not None
    assert target.held_out is not None
    tree = cKDTree(target.trained.numpy().astype(float))
    of_held_out, of_fakes = (
        tree.query(points.astype(float))[0] for points in (target.held_out.numpy(), np.load(recorded / "samples.npy"))
    )
    share = mannwhitneyu(of_held_out, of_fakes).statistic / (len(of_held_out) * len(of_fakes))
    assert summary["readings"]["memorised"] == pytest.approx(share, abs=1e-6)
    assert summary["floors"]["memorised"] == 0.5
    assert summary["readings"]["d_gap"] is not None
    with closing(RunFile.open(file_of(recorded))) as file:
        assert file.recipe.config["target"] == f"csv-{points.stem}"


def test_what_was_read_is_said(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, f"csv:{table}#breite,2", 2) == 0
    said = capsys.readouterr().err
    assert "600 points of “ring.csv”, columns breite and länge; 60 of them are held out" in said
    assert re.search(r"1 of the square is 33\.3\d of your units, the middle is \(-40(\.0\d)?, 1(20|19\.9\d)\)", said)


def test_columns_may_be_scaled_by_themselves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "times.csv"
    path.write_text("\n".join(f"{n},{n % 7 * 1000}" for n in range(40)))
    assert train(tmp_path, f"csv-each:{path}", 2) == 0
    assert "1 of the square is 21.67 of 1 across and 3333 of 2 up" in capsys.readouterr().err


def test_in_two_goes_it_is_the_run_in_one(recorded: Path, table: Path, tmp_path: Path) -> None:
    """By the file again, and by the name of its points."""
    assert train(tmp_path, f"csv:{table}", 8, "--resume") == 0
    (points,) = (tmp_path / "data").glob("*.npy")
    assert train(tmp_path, f"csv-{points.stem}", 20, "--resume") == 0
    assert (tmp_path / "metrics.csv").read_bytes() == (recorded / "metrics.csv").read_bytes()
    np.testing.assert_array_equal(np.load(tmp_path / "samples.npy"), np.load(recorded / "samples.npy"))


def test_another_table_is_refused_by_both_names(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "line.csv"
    other.write_text("\n".join(f"{n},{n}" for n in range(20)))
    with pytest.raises(SystemExit):
        train(recorded, f"csv:{other}", 30, "--record", "--resume")
    said = capsys.readouterr().err
    assert re.search(r"has target ring\.csv \([0-9a-f]{4}\); it cannot go on with line\.csv \([0-9a-f]{4}\)\.", said)


def test_it_is_proved(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file_of(recorded))], {}) == 0
    assert "20 steps trained again" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "“none.csv” was not taken in. There is no such file."),
        (".", None, "It is a folder; name a file in it"),
        ("words.csv", "Once upon\na time", "It has no two columns of numbers."),
        ("half.csv", "1,2\n" * 3, "It has 3 rows, and at least 10 are needed."),
    ],
)
def test_a_bad_file_is_one_line(
    name: str, content: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(SystemExit) as exit_:
        train(tmp_path / "out", f"csv:{path}", 2)
    line = capsys.readouterr().err
    assert exit_.value.code == 2
    assert line.startswith("python -m gan_core train: argument --config: ")
    assert said in line
    assert line.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.fixture
def elsewhere(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RunFolder, str]:
    """The folder of another machine, into which the recording was taken in, and its id there."""
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "data"))
    monkeypatch.setattr(TARGETS, "_made", TARGETS._make)  # that machine has made none before
    run_id = Library(tmp_path).import_file(file_of(recorded))
    return RunFolder(tmp_path), run_id


def test_a_recording_without_its_data_can_be_looked_at(elsewhere: tuple[RunFolder, str]) -> None:
    runs, run_id = elsewhere
    shown = StoredRuns(runs)
    status = shown.status(run_id)
    assert re.search(r"The points of csv-[0-9a-f]{16} are not on this machine", status.note or "")
    assert status.step == 20
    header, arrays = read(shown.points(run_id))
    assert arrays["reals"].shape == (0, 2)
    assert arrays["latents"].shape == (5000, 2)
    assert (header["strata"], header["floors"], header["collapsed"]) == (None, {}, {})
    assert "strata" not in header["offers"]
    assert "generator" in header["offers"]
    assert shown.frame(run_id, 20) is not None
    _, arrays = read(shown.progress(run_id, 0, 0))
    assert len(arrays["metrics"]) == 20


def test_a_recording_without_its_data_is_trained_once_they_are_here(
    elsewhere: tuple[RunFolder, str], table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs, run_id = elsewhere
    path = runs.path(run_id)
    with closing(RunFile.open(path)) as file:
        for act in (resume, verify):
            with pytest.raises(ValueError, match="are not on this machine"):
                act(file)
    with pytest.raises(SystemExit) as exit_:
        main(["verify", str(path)], {})
    assert exit_.value.code == 2
    assert "until then runs of them can be looked at, but not trained." in capsys.readouterr().err
    data.keep(table)
    assert StoredRuns(runs).status(run_id).note is None
    assert read(StoredRuns(runs).points(run_id))[1]["reals"].shape == (5000, 2)
    with closing(RunFile.open(path)) as file:
        assert resume(file).journey.known == 20
        assert verify(file).proved
