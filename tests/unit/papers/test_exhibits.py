"""The shelf: each scenario is the way of the table that it is said to be, and tells what the kept runs came to."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan_core.bench.shelf import lines, main, results, ways
from gan_core.papers.claims import numbers
from gan_core.papers.exhibits import EXHIBITS, span
from gan_core.papers.paper import Column
from gan_core.papers.registry import TABLES
from gan_core.setup.presets import PRESETS
from gan_core.training.known import completed

ROOT = Path(__file__).parents[3]
KEPT, SEEDS = ROOT / "docs/shelf", (0, 1, 2, 3, 4)
FOUND = results(KEPT, SEEDS)


@pytest.mark.parametrize("name", EXHIBITS)
def test_a_scenario_is_the_way_of_its_table(name: str) -> None:
    exhibit, preset = EXHIBITS[name], PRESETS[name]
    table = exhibit.defined
    (way,) = (way for way in table.trained if way.name == exhibit.way)
    ((_, task),) = table.plan(way, (0,), table.steps).tasks()
    assert task.config == completed(preset.config)
    assert task.values == preset.values
    assert table.steps <= preset.length or preset.group == "zoo"
    assert {exhibit.way, *((exhibit.beside,) if exhibit.beside else ()), *exhibit.also} <= set(ways(exhibit.table))


def test_every_scenario_of_the_literature_is_shown_over_seeds() -> None:
    literature = {name for name, preset in PRESETS.items() if preset.group.startswith("shelf")}
    assert literature - set(EXHIBITS) == {"bilinear"}  # of which theory says all, to the last digit
    claimed = {name for name in literature if PRESETS[name].by}
    assert claimed >= literature - {"uniform-latent", "one-latent", "sixteen-latents", "bilinear"}


@pytest.mark.parametrize("name", EXHIBITS)
def test_it_tells_what_the_kept_runs_came_to(name: str) -> None:
    """Word for word what the command prints of `docs/shelf`."""
    exhibit = EXHIBITS[name]
    assert len(FOUND[exhibit.table].rows[exhibit.way]) == len(SEEDS)
    assert PRESETS[name].found == exhibit.found(FOUND[exhibit.table])


def test_the_kept_runs_are_those_of_the_plan() -> None:
    """Every row is of a run that the plan asks for, to its last step."""
    for name, found in FOUND.items():
        table = TABLES[name]
        for way in table.trained:
            keys = {task.key for _, task in table.plan(way, SEEDS, table.steps).tasks()}
            rows = found.rows[way.name]
            assert {row["key"] for row in rows} <= keys
            assert all(row["steps"] == table.steps or row["ended"] == "diverged" for row in rows)


def test_the_readme_has_the_table_of_the_shelf() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for cells in lines(FOUND):
        assert f"| {' | '.join(cells)} |" in text


def test_numbers_are_those_of_the_rows() -> None:
    """Modes and high quality of two ways, picked from the rows by hand."""
    rows = FOUND["shelf-ring"].rows["packing-2"]
    assert numbers(FOUND["shelf-ring"].counted, "packing-2", "modes") == [row["measured"]["modes"] for row in rows]
    column = next(column for column in TABLES["shelf-ring"].columns if column.reading == "high_quality")
    assert span([0.251, 0.739], column) == "25 to 74 %"
    assert span([8, 8], Column("modes", "modes", 1)) == "8"
    assert span([], column) == "unknown"


def test_nothing_is_trained_where_all_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(KEPT), "--only"]) == 0
    assert "| Packing, `packing` |" in capsys.readouterr().out


def test_a_table_that_the_shelf_has_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(KEPT), "--only", "none"])
    assert "shelf-ring" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--out", str(KEPT), "--seeds", "few", "--only"])
    assert "few" in capsys.readouterr().err
