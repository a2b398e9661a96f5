from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gan_core.__main__ import main
from gan_core.cli import sweep
from gan_core.cli.sweep_options import SweepOptions, read_seeds
from gan_core.sweep.conduct import Outcome
from gan_core.sweep.folder import SweepFolder
from gan_core.sweep.plan import Plan
from gan_core.sweep.work import Share, work

ASKED = ["sweep", "blank", "--vary", "lr_g=1e-3,1e-2", "--seeds", "2", "--steps", "20"]


def complaint(given: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as left:
        main(given, {})
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--vary", "lr_gg=1,2"], "nothing called 'lr_gg'"),
        (["--vary", "lr_d=1..2"], "'1..2' is not A..B:N"),
        (["--vary", "lr_d=1.5,1.6"], "lr_d must lie between"),
        (["--set", "lr_d=1.5@21"], "lr_d must lie between"),
        (["--set", "lr_d=0.05@21"], "after the last of 20"),
        (["--vary", "lr_d"], "NAME=A..B:N"),
        (["--vary", "lr_g=1e-3,1e-4"], "lr_g is varied twice"),
        (["--seeds", "0"], "seeds must be a whole number from 1"),
        (["--seeds", "1,1"], "different whole numbers"),
        (["--steps", "none"], "steps must be a whole number"),
        (["--until", "modes >"], "a number"),
        (["--until", "chase > 1"], "chase is not read of the runs of a sweep"),
        (["--until", "modes > 1", "--config", "target=spiral"], "modes"),
        (["--config", "batch=63"], "even number"),
        (["--against", "objective=hunge"], "hunge"),
        (["--set", "lr_g=0.1"], "NAME=VALUE@STEP"),
        (["--workers", "0"], "workers"),
        (["--plot", "map.pdf"], "a picture ends in"),
        (["--plot", "map.png"], "A map is of a sweep that varies two things"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_before_anything_is_trained(
    more: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert words in complaint([*ASKED, "--out", str(out), *more], capsys)
    assert not out.exists()


def test_another_sweep_in_the_folder_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    SweepFolder(tmp_path).begin(Plan("blank", 21, (0,)))
    before = (tmp_path / "plan.json").read_bytes()
    assert "holds another sweep, with steps 21 and not 20" in complaint([*ASKED, "--out", str(tmp_path)], capsys)
    assert (tmp_path / "plan.json").read_bytes() == before


def test_a_folder_without_a_sweep_has_nothing_to_go_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "holds no sweep to go on with" in complaint(["sweep", "--out", str(tmp_path)], capsys)


def test_how_many_seeds_or_which() -> None:
    assert read_seeds("3") == (0, 1, 2)
    assert read_seeds("3, 7,5") == (3, 7, 5)


def trained(plan: Plan, folder: SweepFolder) -> list[dict[str, Any]]:
    folder.begin(plan)
    rows = [row for _, task in plan.tasks() for row in work(Share((task,))).rows]
    folder.add(rows)
    return rows


def test_what_came_of_it_is_told_cell_by_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = SweepOptions(
        out=tmp_path, preset="blank", vary=("lr_g=1e-3,1e-2",), seeds=(0, 1), steps=20, against={"objective": "hinge"}
    )
    plan, folder = sweep.make_plan(options), SweepFolder(tmp_path)
    rows = trained(plan, folder)
    assert sweep._told(plan, folder, Outcome(), 6, 2.0, None) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("8 of 8 runs are done (2 now, 3,600 runs an hour)")
    assert said[1] == f"recipe=a, lr_g=1e-3: {rows[0]['verdict']} in 2 of 2 (95 %: 0.34 to 1.00)"
    assert any("at equal gradients (steps 20 and 20), p " in line for line in said)
    assert sweep._told(plan, folder, Outcome(stopped=True), 8, 2.0, None) == 130
    assert sweep._told(plan, folder, Outcome(left_out={"a": "no"}), 8, 2.0, None) == 1
