"""Runs in which updates of D and of G in a step change, trained again; and such of an older form."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from digest import digest
from gan_core.recording.file.branch import copy_until
from gan_core.recording.file.intake import import_run
from gan_core.recording.file.run_file import RunFile
from gan_core.records.steps import Change
from gan_core.rerun.proof import verify
from gan_core.rerun.retrace import engine_at
from gan_core.setup.presets import Preset
from gan_core.wire.envelope import envelope
from recorded import engine_of, record

IN_A_BLOCK = (Change(20, "updates_d", 1, 3), Change(33, "updates_g", 1, 2), Change(33, "updates_d", 3, 1))


@pytest.mark.parametrize("config", [{}, {"unrolled": "1"}], ids=["by hand", "by autograd"])
def test_a_run_whose_updates_change_is_led_and_proved(tmp_path: Path, tiny: Preset, config: dict[str, str]) -> None:
    """The oracle: an engine that is driven by hand, with the numbers of each step."""
    preset = tiny.altered(config, {})
    path = record(tmp_path / "run.sqlite", preset, 40, IN_A_BLOCK, checkpoints=[25])
    straight, expected = engine_of(preset), {}
    for step in range(1, 41):
        straight.set(updates_d=3 if 20 <= step < 33 else 1, updates_g=2 if step >= 33 else 1)
        straight.step()
        expected[step] = digest(straight.state())
    assert straight.state()["adam_d"]["updates"] == 19 + 3 * 13 + 8
    with closing(RunFile.open(path)) as file:
        for step in (19, 20, 26, 32, 33, 40):
            assert digest(engine_at(file, step).state()) == expected[step]
        verdict = verify(file)
        assert (verdict.mismatch, verdict.rows, verdict.checkpoints) == ("", 40, 3)
        branch = tmp_path / "branch.sqlite"
        copy_until(file, branch, replace(file.recipe, parent=file.recipe.id, parent_step=30), 30).close()
    with closing(RunFile.open(branch)) as file:
        assert digest(engine_at(file, 30).state()) == expected[30]
        assert [change.name for change in file.changes()] == ["updates_d"]


def test_a_branch_of_an_older_form_says_when_its_updates_changed(tmp_path: Path, tiny: Preset) -> None:
    """They were a field then: its recipe has them before and after, its log of changes and its checkpoints have not."""
    changes = (Change(11, "lr_g", 2e-4, 1e-3), Change(21, "updates_d", 1, 2), Change(31, "lr_g", 1e-3, 2e-4))
    path = record(tmp_path / "run.sqlite", tiny, 40, changes, checkpoints=[20, 30])
    with closing(RunFile.open(path)) as file:
        expected = [digest(engine_at(file, step).state()) for step in (20, 25, 40)]
    with closing(sqlite3.connect(path)) as db:
        recipe = json.loads(db.execute("SELECT value FROM about WHERE name = 'recipe'").fetchone()[0])
        before = {**recipe["config"], "updates": "1:1"}
        recipe |= {"changed_at": 20, "config_before": before, "parent": recipe["id"], "parent_step": 20}
        recipe["config"]["updates"] = "2:1"
        del recipe["values"]["updates_d"], recipe["values"]["updates_g"]
        db.execute("UPDATE about SET value = ? WHERE name = 'recipe'", (json.dumps(recipe),))
        db.execute("DELETE FROM changes WHERE name = 'updates_d'")
        db.execute("DELETE FROM checkpoints WHERE step < 20")
        for step, packed in db.execute("SELECT step, state FROM checkpoints").fetchall():
            length = int.from_bytes(packed[4:8], "little")
            header = json.loads(packed[8 : 8 + length])
            del header["values"]["updates_d"], header["values"]["updates_g"], header["drawn_for"]
            older = envelope(header, packed[8 + length :])
            db.execute("UPDATE checkpoints SET state = ? WHERE step = ?", (older, step))
        db.commit()
    with closing(RunFile.open(path)) as file:
        assert file.changes() == list(changes)
        assert (file.summary().changes, file.recipe.values["updates_d"]) == (3, 1)
        assert file.recipe.config == file.recipe.config_before
        assert [digest(engine_at(file, step).state()) for step in (20, 25, 40)] == expected
        taken = import_run(path, tmp_path / "taken.sqlite", "20260101-000000-fedcba", 10**8)
    assert taken.changes() == list(changes)
    assert verify(taken).mismatch == ""
    taken.close()


@pytest.mark.parametrize(
    ("name", "value", "why"), [("updates_g", 2, "updates must be 1:1"), ("updates_d", 1.5, "must be a whole number")]
)
def test_a_stranger_s_change_that_there_is_no_step_for_is_refused(
    tmp_path: Path, tiny: Preset, name: str, value: float, why: str
) -> None:
    path = record(tmp_path / "run.sqlite", tiny.altered({"consensus": "1"}, {}), 5)
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO changes (step, name, old, new) VALUES (3, ?, 1, ?)", (name, value))
        db.commit()
    with pytest.raises(ValueError, match=why):
        import_run(path, tmp_path / "taken.sqlite", "20260101-000000-fedcba", 10**8)
    assert not (tmp_path / "taken.sqlite").exists()
