"""Data sets in their folder: scaled, named by what they are, kept whole, refused where they are not as they were."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gan_core.datasets import folder as data
from gan_core.datasets.dataset import scaled, scaled_by_range, scaled_each
from gan_core.datasets.folder import Missing, about, called, check, keep, load, remove, sentence
from gan_core.targets.registry import TARGETS


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's data sets."""
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data"


def points(n: int = 200, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal((50, -2), (8, 1), (n, 2))


def table(folder: Path, rows: np.ndarray, name: str = "points.csv") -> Path:
    path = folder / name
    path.write_text("height,weight\n" + "\n".join(f"{x!r},{y!r}" for x, y in rows.tolist()), encoding="utf-8")
    return path


@pytest.mark.parametrize("factor", [1e-28, 1e-9, 1.0, 1e9, 1e22])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_points_are_scaled_into_the_square_and_back(factor: float, offset: float) -> None:
    """By one factor, so that angles stay; the wider side reaches from -0.9 to 0.9."""
    rows = (points() + offset) * factor
    found = scaled(rows, "", ("", ""))
    inside = found.points.astype(np.float64)
    assert np.abs(inside).max() == pytest.approx(0.9, abs=1e-7)
    assert (inside[:, 0].min(), inside[:, 0].max()) == pytest.approx((-0.9, 0.9), abs=1e-6)
    assert inside[:, 1].min() == pytest.approx(-inside[:, 1].max(), abs=1e-6)
    back = inside * found.scale.unit + found.scale.middle
    np.testing.assert_allclose(back, rows, rtol=0, atol=found.scale.unit * 1e-6 + abs(offset * factor) * 1e-15)


def test_the_ends_of_what_a_number_can_be_are_scaled_too() -> None:
    found = scaled(np.array([(-1e30, 0.0), (1e30, 1e30)]), "", ("", ""))
    np.testing.assert_allclose(found.points, [(-0.9, -0.45), (0.9, 0.45)], rtol=1e-6)


def test_a_line_of_points_is_one_in_the_square() -> None:
    found = scaled(np.array([(3.0, float(y)) for y in range(10)]), "", ("", ""))
    np.testing.assert_allclose(found.points, [(0, -0.9 + 0.2 * y) for y in range(10)], atol=1e-6)


@pytest.mark.parametrize("factor", [1e-28, 1.0, 1e5, 1e22])
def test_columns_are_scaled_by_themselves_and_back(factor: float) -> None:
    rows = points() * (1, factor)
    found = scaled_each(rows, "", ("", ""))
    inside = found.points.astype(np.float64)
    np.testing.assert_allclose([inside.min(0), inside.max(0)], [(-0.9, -0.9), (0.9, 0.9)], atol=1e-6)
    back = inside * found.scale.unit + found.scale.middle
    np.testing.assert_allclose(back, rows, rtol=0, atol=1e-6 * np.ptp(rows, axis=0).max() + 1e-6)
    np.testing.assert_allclose(back[:, 1], rows[:, 1], rtol=0, atol=1e-6 * np.ptp(rows[:, 1]))


def test_a_column_of_one_number_stays_a_line_in_the_middle() -> None:
    found = scaled_each(np.array([(3.0, float(y)) for y in range(10)]), "", ("", ""))
    np.testing.assert_allclose(found.points, [(0, -0.9 + 0.2 * y) for y in range(10)], atol=1e-6)


@pytest.mark.parametrize(
    ("wide", "each"), [(0.2, True), (0.26, False), (1, False), (3.9, False), (4.1, True), (0, False)]
)
def test_the_ranges_decide_where_nobody_does(wide: float, each: bool) -> None:
    rows = np.stack((np.linspace(0, wide, 50), np.linspace(0, 1, 50)), 1)
    found = scaled_by_range(rows, "", ("", ""))
    assert isinstance(found.scale.unit, tuple) == each
    assert np.ptp(found.points, axis=0).tolist() == pytest.approx(
        [1.8 * (1 if each else min(wide, 1)), 1.8 if each or wide <= 1 else 1.8 / wide], abs=1e-5
    )


def test_points_that_have_a_place_keep_it(tmp_path: Path) -> None:
    """A drawing's: neither moved nor stretched, though they fill a corner; with another name than the same, scaled."""
    rows = np.random.default_rng(0).uniform((-0.99, -0.9), (-0.5, -0.8), (200, 2)).round(4)
    kept = keep(table(tmp_path, rows), scale="square")
    np.testing.assert_allclose(kept.points, rows, atol=1e-7)
    assert (kept.scale.middle, kept.scale.unit) == ((0, 0), 1)
    np.testing.assert_array_equal(load(kept.fingerprint).points, kept.points)
    said = "200 points of “points.csv”, where they are in the square; 20 of them are held out of training."
    assert sentence(kept) == said
    assert keep(table(tmp_path, rows)).fingerprint != kept.fingerprint
    assert keep(table(tmp_path, rows + 0.01), scale="square").fingerprint != kept.fingerprint


@pytest.mark.parametrize("beyond", [1.0, -1.0, 0.999999999, 17.5, -1e30])
def test_points_beyond_the_square_have_no_place_in_it(beyond: float, tmp_path: Path, here: Path) -> None:
    """Nor on its edge, as float32 has it."""
    rows = np.array([(x, -0.5) for x in np.linspace(-0.9, 0.9, 20)] + [(0.25, beyond)] * 2)
    with pytest.raises(ValueError, match=re.escape("2 of its points do not lie inside the square")) as refusal:
        keep(table(tmp_path, rows), scale="square")
    assert f"the first of them at (0.25, {beyond:.4g})" in str(refusal.value)
    assert not here.exists()
    assert np.abs(keep(table(tmp_path, rows)).points).max() == pytest.approx(0.9)


def test_a_tenth_is_held_out_and_no_point_is_on_both_sides() -> None:
    """By where a point is, so that the order of the rows and how often one comes make no difference."""
    rows = points(5000).round(1)  # many are equal
    found = scaled(rows, "", ("", ""))
    assert 0.08 < found.held_out.mean() <= 0.1
    out = {tuple(row) for row in found.points[found.held_out].tolist()}
    assert not out & {tuple(row) for row in found.points[~found.held_out].tolist()}
    again = scaled(rows[::-1], "", ("", ""))
    assert {tuple(row) for row in again.points[again.held_out].tolist()} == out
    apart = scaled(points(5000), "", ("", ""))
    assert apart.held_out.sum() == 500
    corners = Counter(map(tuple, (apart.points[apart.held_out] > 0).tolist()))  # no corner of the data is preferred
    everywhere = Counter(map(tuple, (apart.points > 0).tolist()))
    for corner, count in everywhere.items():
        assert corners[corner] == pytest.approx(count / 10, abs=5 * math.sqrt(count / 10))


def test_few_points_hold_out_some() -> None:
    assert scaled(points(10), "", ("", "")).held_out.sum() == 1
    assert scaled(np.repeat([(0.0, 0.0), (1.0, 1.0)], (9, 1), axis=0), "", ("", "")).held_out.sum() in (0, 1)


def test_what_is_kept_is_found_again_to_the_last_bit(tmp_path: Path, here: Path) -> None:
    kept = keep(table(tmp_path, points()))
    assert sorted(path.name for path in here.iterdir()) == [f"{kept.fingerprint}.json", f"{kept.fingerprint}.npy"]
    found = load(kept.fingerprint)
    np.testing.assert_array_equal(found.points, kept.points)
    assert (found.scale, found.name, found.columns) == (kept.scale, "points.csv", ("height", "weight"))
    assert found.fingerprint == kept.fingerprint
    check(f"csv-{kept.fingerprint}")


def test_what_was_scaled_by_columns_is_kept_as_such_and_can_be_removed(tmp_path: Path, here: Path) -> None:
    path = table(tmp_path, points() * (1, 1000))
    kept, other = keep(path, scale="each"), keep(path)
    assert kept.fingerprint != other.fingerprint
    found = load(kept.fingerprint)
    assert found.scale == kept.scale
    assert "Each column is scaled by itself: 1 of the square is " in sentence(found)
    assert about(f"csv-{kept.fingerprint}")["data"]["scale"]["unit"] == kept.scale.unit
    target = f"csv-{kept.fingerprint}"
    assert TARGETS.make(target) is TARGETS.make(target)
    remove(target)
    assert sorted(here.iterdir()) == [here / f"{other.fingerprint}.json", here / f"{other.fingerprint}.npy"]
    for act in (TARGETS.make, check):  # though it was made before
        with pytest.raises(Missing, match="are not on this machine"):
            act(target)
    with pytest.raises(Missing, match=r"There are no data .* to be removed"):
        remove(target)
    assert keep(path, scale="each").fingerprint == kept.fingerprint


def test_the_same_points_have_one_name_and_others_another(tmp_path: Path, here: Path) -> None:
    """Whatever the file is called and however it is written; in other units they are other data."""
    first = keep(table(tmp_path, points()))
    path = tmp_path / "other.txt"
    path.write_text("\n".join(f"{y!r};{x!r}".replace(".", ",") for x, y in points().tolist()), encoding="utf-8")
    assert keep(path, "2,1", "renamed.csv").fingerprint == first.fingerprint
    assert load(first.fingerprint).name == "points.csv"
    others = [points(seed=1), points() * 2, points() + 1, points()[:-1], points()[::-1]]
    names = {keep(table(tmp_path, rows)).fingerprint for rows in others}
    assert len(names | {first.fingerprint}) == 6
    assert len([*here.iterdir()]) == 12


def test_what_was_read_is_said_with_the_units_of_the_square(tmp_path: Path) -> None:
    rows = np.array([(110 + 2.0 * i, 5.0) for i in range(11)])
    said = sentence(keep(table(tmp_path, rows)))
    assert said == (
        "11 points of “points.csv”, columns height and weight; 1 of them is held out of training. "
        "1 of the square is 11.11 of your units, the middle is (120, 5)."
    )


def test_what_is_known_of_data_goes_into_a_summary(tmp_path: Path) -> None:
    kept = keep(table(tmp_path, points()))
    told = about(f"csv-{kept.fingerprint}")["data"]
    assert (told["points"], told["held_out"], told["scale"]["unit"]) == (200, 20, kept.scale.unit)
    assert about("spiral") == about("csv-0123456789abcdef") == {}


def test_a_target_is_called_by_its_file_where_that_is_known(tmp_path: Path, here: Path) -> None:
    found = keep(table(tmp_path, points()), name="my points.csv")
    target = f"csv-{found.fingerprint}"
    assert called(target) == f"my points.csv ({found.fingerprint[:4]})"
    (here / f"{found.fingerprint}.json").write_text("[]")
    for other in (target, "csv-0123456789abcdef", "ring(modes=8)", "csv-"):
        assert called(other) == other
    assert called("csv-5753ff14891a0fe9") == "Old Faithful"


def test_what_cannot_be_read_is_said_by_its_name(tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content, why in (
        ("a\nb.csv", "x,y\n", "no rows below it."),
        ("long" * 99, "", "There is nothing in it."),
    ):
        path = tmp_path / "points.csv"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match=re.escape(why)) as refusal:
            keep(path, name=name)
        assert str(refusal.value).startswith(f"“{' '.join(name.split())[:100]}” was not taken in. ")
    with pytest.raises(ValueError, match=re.escape("“none.csv” was not taken in. There is no such file.")):
        keep(tmp_path / "none.csv")

    def locked(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = table(tmp_path, points())
    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(ValueError, match=r"“points.csv” was not taken in\. It cannot be read: Permission denied\."):
        keep(path)
    assert not here.exists()


def test_what_cannot_be_kept_leaves_nothing(tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep(table(tmp_path, points()))
    before = sorted(here.iterdir())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(ValueError, match=r"could not be written into .*: No space left on device"):
            keep(table(tmp_path, points(seed=1)))
    assert sorted(here.iterdir()) == before
    monkeypatch.setattr(data, "MAX_KEPT", 1)
    with pytest.raises(ValueError, match="holds 1 data sets already"):
        keep(table(tmp_path, points(seed=1)))
    assert keep(table(tmp_path, points())).fingerprint == kept.fingerprint  # which is there
    assert sorted(here.iterdir()) == before


def test_data_that_are_not_here_are_missed_in_a_sentence(here: Path) -> None:
    for ask in (lambda: load("0123456789abcdef"), lambda: check("csv-0123456789abcdef")):
        with pytest.raises(Missing, match=re.escape(f"csv-0123456789abcdef are not on this machine, in {here}.")):
            ask()
    for other in ("spiral", "csv-", "csv-0123", "csv-0123456789ABCDEF", "csv-../../../../etc/p"):
        check(other)


def altered_files(points_file: Path, note: Path) -> dict[str, tuple[Path, bytes]]:
    array = np.load(points_file)
    found = {}
    for name, other in {
        "another point": array + np.float32(1e-3) * (array < 0.5),
        "of float64": array.astype(np.float64),
        "three columns": np.zeros((20, 3), np.float32),
        "beyond the square": np.full((20, 2), 2, np.float32),
        "not a number": np.full((20, 2), np.nan, np.float32),
        "few": array[:9],
        "objects": np.array([[{}, {}]] * 20),
    }.items():
        place = points_file.with_name("altered")
        with place.open("wb") as file:
            np.save(file, other)
        found[name] = points_file, place.read_bytes()
        place.unlink()
    whole, said = points_file.read_bytes(), json.loads(note.read_text())
    found["cut off"] = points_file, whole[:-8]
    found["empty"] = points_file, b""
    found["no array"] = points_file, b"PK\x03\x04"
    found["other units"] = note, json.dumps({**said, "scale": {"middle": [0, 0], "unit": 2}}).encode()
    for name, text in {"no note": "", "a list": "[]", "no scale": '{"scale": 3}', "a long note": " " * 9999}.items():
        found[name] = note, text.encode()
    return found


def test_files_that_are_not_as_they_were_are_refused(tmp_path: Path, here: Path) -> None:
    kept = keep(table(tmp_path, points()))
    files = here / f"{kept.fingerprint}.npy", here / f"{kept.fingerprint}.json"
    for what, (path, content) in altered_files(*files).items():
        before = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(Missing, match="are not those that were read once"):
            load(kept.fingerprint)
        path.write_bytes(before)
        assert load(kept.fingerprint).name == "points.csv", what
    files[1].unlink()
    with pytest.raises(Missing, match="are not on this machine"):
        load(kept.fingerprint)
    keep(table(tmp_path, points()))  # which mends it
    assert load(kept.fingerprint).fingerprint == kept.fingerprint
