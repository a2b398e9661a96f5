"""Data that come with GANscope: what was published, found without a folder, refused where they are damaged."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gan_core.datasets import folder as data
from gan_core.datasets import shipped
from gan_core.datasets.folder import Missing, about, check, keep, listed, load
from gan_core.datasets.table import read_table
from gan_core.setup.presets import PRESETS

DRAWN, GEYSER = (PRESETS[name].config.target for name in ("drawn", "csv"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of data sets in which there is none."""
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tables that come with GANscope, which may be damaged."""
    copied = Path(shutil.copytree(shipped.TABLES, tmp_path / "shipped"))
    monkeypatch.setattr(shipped, "TABLES", copied)
    return copied


def fingerprint(target: str) -> str:
    return target.removeprefix(data.PREFIX)


def test_the_scenarios_are_of_them_and_nothing_is_written(here: Path) -> None:
    assert {fingerprint(target) for target in (DRAWN, GEYSER)} == set(shipped.SHIPPED)
    for target in (DRAWN, GEYSER):
        check(target)
        assert load(fingerprint(target)).fingerprint == fingerprint(target)
        assert about(target)["data"]["points"] == len(load(fingerprint(target)).points)
    assert listed() == []
    assert not here.exists()


def test_the_geyser_is_as_published() -> None:
    """Rows, means, variances and covariance of R's `faithful`, in minutes; the other columns are the same again."""
    path = shipped.TABLES / "faithful.csv"
    minutes = read_table(path, "eruptions,waiting").points
    assert minutes.shape == (272, 2)
    assert minutes.mean(axis=0) == pytest.approx((3.487783, 70.89706), rel=1e-6)
    assert np.cov(minutes.T) == pytest.approx(np.array([(1.302728, 13.97781), (13.97781, 184.8233)]), rel=1e-6)
    found = load(fingerprint(GEYSER))
    assert found.columns == ("seconds", "quarters")
    back = found.points * found.scale.unit + found.scale.middle
    np.testing.assert_allclose(back, np.round(minutes * (60, 4)), atol=1e-4)
    assert np.abs(found.points).max(axis=0) == pytest.approx((0.9, 0.9), abs=0.01)  # as wide as it is high
    told = PRESETS["csv"].story
    assert f"(1 is {found.scale.unit:.0f} s)" in told
    assert f"(1 is {found.scale.unit / 4:.0f} min)" in told


def test_the_drawing_is_a_face() -> None:
    """Every point lies on one of its four strokes, and each stroke has its share of the area."""
    x, y = load(fingerprint(DRAWN)).points.astype(np.float64).T
    radius, turn = np.hypot(x, y), np.degrees(np.arctan2(y, x)) % 360
    cell = 2 / 256
    outline = np.abs(radius - 0.72) < 0.02 + cell
    eyes = np.minimum(np.hypot(x - 0.27, y - 0.24), np.hypot(x + 0.27, y - 0.24)) < 0.06 + cell
    mouth = (np.abs(radius - 0.4) < 0.03 + cell) & (np.abs(turn - 270) < 65 + 7)
    assert (outline.astype(int) + eyes + mouth == 1).all()
    areas = np.array((
        2 * math.pi * 0.72 * 0.04,
        2 * math.pi * 0.06**2,
        math.radians(130) * 0.4 * 0.06 + math.pi * 0.03**2,  # with its round ends
    ))  # fmt: skip
    shares = np.array([outline.mean(), eyes.mean(), mouth.mean()])
    assert shares == pytest.approx(areas / areas.sum(), rel=0.03)


def test_they_are_read_when_they_are_asked_for() -> None:
    """Not when the program starts: neither the scenarios nor the targets read a table."""
    program = (
        "import builtins, io, pathlib; opened = []\n"
        "real = io.open\n"
        "io.open = builtins.open = lambda file, *a, **k: (opened.append(str(file)), real(file, *a, **k))[1]\n"
        "from gan_core.training import known\n"
        "from gan_core.datasets import folder\n"
        "assert not [file for file in opened if 'shipped' in file and file.endswith('.csv')], opened\n"
        f"folder.load({fingerprint(DRAWN)!r})\n"
        "assert [file for file in opened if file.endswith('drawing.csv')], opened\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])


@pytest.mark.parametrize("how", ["gone", "another point", "no table", "in other units"])
def test_a_table_that_is_not_as_it_came_is_refused(how: str, tables: Path) -> None:
    path = tables / "drawing.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    if how == "gone":
        path.unlink()
    else:
        rows = {
            "another point": [*lines[:-1], "0.5,0.5"],
            "no table": ["Once upon a time"],
            "in other units": [*lines, "3,0"],
        }
        path.write_text("\n".join(rows[how]), encoding="utf-8")
    with pytest.raises(Missing, match=re.escape(f"{DRAWN} come with GANscope, and {path} has not those")):
        load(fingerprint(DRAWN))
    assert about(DRAWN) == {}
    assert load(fingerprint(GEYSER)).name == "faithful.csv"


def test_one_that_was_taken_in_besides_is_kept_like_any_other(here: Path, tables: Path) -> None:
    kept = keep(shipped.TABLES / "faithful.csv", "seconds,quarters", "mine.csv")
    assert kept.fingerprint == fingerprint(GEYSER)
    assert [one["name"] for one in listed()] == ["mine.csv"]
    (tables / "faithful.csv").unlink()
    assert load(kept.fingerprint).name == "mine.csv"
    assert len([*here.iterdir()]) == 2
