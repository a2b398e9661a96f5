"""The paths of a visitor's own data: a table comes in, and what is wrong with one is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from served import served
from test_api import HEADERS, STATUS, FakeSession

from gan_core.dashboard.http import data_api
from gan_core.dashboard.http.data_api import add_data_routes
from gan_core.datasets import folder as data
from web_client import Client

TABLE = "x,y,z\n" + "\n".join(f"{i},{i * i},{-i}" for i in range(20))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(data.VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def http(here: Path, session: FakeSession) -> Client:
    return served(lambda server: add_data_routes(server, session), session)


def post(http: Client, content: str | bytes, **query: str) -> tuple[int, dict[str, str]]:
    headers = {**HEADERS, "Content-Type": "application/octet-stream"}
    answer = http.post("/api/data", query_string=query, headers=headers, data=content)
    return answer.status_code, answer.get_json()


def test_a_table_becomes_a_target_and_is_listed(http: Client, here: Path) -> None:
    assert http.get("/api/data", headers=HEADERS).get_json() == {"data": [], "limit": 100_000_000}
    code, said = post(http, TABLE, name="squares.csv")
    assert code == 200
    assert said["target"] == f"csv-{next(here.glob('*.npy')).stem}"
    assert said["sentence"].startswith("20 points of “squares.csv”, columns x and y; 2 of them are held out")
    code, other = post(http, TABLE, name="squares.csv", columns="z,1")
    assert "columns z and x" in other["sentence"]
    listed = http.get("/api/data", headers=HEADERS).get_json()["data"]
    assert sorted(listed, key=lambda one: one["target"]) == sorted((said, other), key=lambda one: one["target"])
    assert post(http, TABLE, name="again.csv") == (200, {**said, "name": "again.csv", **_renamed(said)})
    assert len(http.get("/api/data", headers=HEADERS).get_json()["data"]) == 2


def _renamed(said: dict[str, str]) -> dict[str, str]:
    return {"sentence": said["sentence"].replace("squares.csv", "again.csv")}


@pytest.mark.parametrize(
    ("content", "query", "why"),
    [
        ("Once upon a time\nthere was none", {}, "It has no two columns of numbers."),
        (TABLE.encode("utf-16"), {}, "It is no text in UTF-8"),
        ("", {}, "There is nothing in it."),
        (f"{TABLE}\nnan,1,2", {}, "Line 22 has “nan” in column x"),
        (TABLE, {"columns": "x,w"}, "There is no column “w”; there are x, y, z."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    content: str | bytes, query: dict[str, str], why: str, http: Client, here: Path
) -> None:
    code, said = post(http, content, name="bad.csv", **query)
    assert code == 400
    assert said["error"].startswith("“bad.csv” was not taken in. ")
    assert why in said["error"]
    assert not here.exists()


def test_points_of_a_drawing_stay_where_they_are(http: Client, here: Path) -> None:
    rows = [(-0.9 + i / 100, -0.8 + i / 200) for i in range(20)]
    code, said = post(http, "\n".join(f"{x},{y}" for x, y in rows), name="drawing", scale="square")
    assert (code, said["name"]) == (200, "drawing")
    assert np.load(next(here.glob("*.npy"))) == pytest.approx(np.array(rows), abs=1e-7)
    for scale, why in (
        ("square", "19 of its points do not lie inside the square"),
        ("axes", "“axes” is no scale; there are shape, each, auto, square, or nothing"),
    ):
        code, said = post(http, TABLE, name="squares.csv", scale=scale)
        assert code == 400
        assert said["error"].startswith(f"“squares.csv” was not taken in. {why}")
    assert len([*here.glob("*.npy")]) == 1


def test_more_than_may_come_is_not_taken(http: Client, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_api, "MAX_BYTES", 10**6)
    code, said = post(http, TABLE * 20_000, name="long.csv")
    assert code == 400
    size = len(TABLE) * 20_000 / 1e6
    assert said["error"].startswith(f"“long.csv” was not taken in. It has {size:.3g} MB, and a table may have 1 MB: ")
    assert not here.exists()


def test_only_its_own_page_may_send_a_table(http: Client, here: Path) -> None:
    answer = http.post("/api/data", headers={**HEADERS, "Origin": "http://elsewhere.example"}, data=TABLE)
    assert answer.status_code == 403
    assert not here.exists()


def test_columns_may_be_scaled_by_themselves(http: Client) -> None:
    """Of 0..19 and their squares, which reach 19 times as far: without a word by one factor, as ever."""
    targets = {}
    for scale in ("", "shape", "auto", "each"):
        code, said = post(http, TABLE, name="squares.csv", **({"scale": scale} if scale else {}))
        assert code == 200
        targets[scale] = said["target"]
        each = "1 of the square is 10.56 of x across and 200.6 of y up, the middle is (9.5, 180.5)"
        one = "1 of the square is 200.6 of your units, the middle is (9.5, 180.5)"
        assert (each if scale in ("auto", "each") else one) in said["sentence"]
    assert targets[""] == targets["shape"] != targets["auto"] == targets["each"]
    code, said = post(http, TABLE, name="squares.csv", columns="x,z", scale="auto")
    assert "1 of the square is 10.56 of your units" in said["sentence"], "both columns reach as far"


def test_data_are_removed_unless_the_present_run_is_trained_on_them(
    http: Client, here: Path, session: FakeSession
) -> None:
    targets = [post(http, TABLE, name="squares.csv", columns=columns)[1]["target"] for columns in ("x,y", "x,z")]
    used, free = targets
    session.state = replace(STATUS, info=replace(STATUS.info, config={"target": used}))
    answer = http.delete(f"/api/data/{used}", headers=HEADERS)
    assert answer.status_code == 409
    said = answer.get_json()["error"]
    assert said == (
        f"The present run is trained on squares.csv ({used[4:8]}): begin another one first, then remove them."
    )
    strange = http.delete(f"/api/data/{free}", headers={**HEADERS, "Origin": "http://elsewhere.example"})
    assert strange.status_code == 403
    assert len([*here.iterdir()]) == 4
    assert http.delete(f"/api/data/{free}", headers=HEADERS).status_code == 200
    assert sorted(path.name for path in here.iterdir()) == [f"{used[4:]}.json", f"{used[4:]}.npy"]
    assert [one["target"] for one in http.get("/api/data", headers=HEADERS).get_json()["data"]] == [used]
    for nothing in (free, "spiral", "csv-..", "csv-5753ff14891a0fe9"):
        answer = http.delete(f"/api/data/{nothing}", headers=HEADERS)
        assert answer.status_code == 404
        assert answer.get_json()["error"].startswith("There are no data ")
    assert post(http, TABLE, name="squares.csv", columns="x,z")[1]["target"] == free, "there is room for it again"


def test_files_that_stay_are_said_to(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    target = post(http, TABLE, name="squares.csv")[1]["target"]

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    answer = http.delete(f"/api/data/{target}", headers=HEADERS)
    assert (answer.status_code, answer.get_json()["error"]) == (507, "They could not be removed: Permission denied.")
    assert len(http.get("/api/data", headers=HEADERS).get_json()["data"]) == 1


def test_a_note_that_cannot_be_read_is_left_out(http: Client, here: Path) -> None:
    for n in range(3):
        post(http, TABLE.replace("19", str(30 + n)), name=f"{n}.csv")
    notes = sorted(here.glob("*.json"))
    notes[0].write_text("[]")
    told = json.loads(notes[1].read_text())
    notes[1].write_text(json.dumps({**told, "scale": None}))
    (here / "notes of mine.npy").write_bytes(b"")
    listed = http.get("/api/data", headers=HEADERS).get_json()["data"]
    assert [one["target"] for one in listed] == [f"csv-{notes[2].stem}"]
