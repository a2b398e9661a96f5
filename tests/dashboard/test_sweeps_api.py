"""The HTTP side of sweeps, over real folders; nothing is trained but what a test puts into them."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet
from served import Ask, asker, served
from test_api import HEADERS

from gan_core.dashboard.http.sweeps_api import add_sweep_routes
from gan_core.sweep.folder import LOOKS, SweepFolder
from gan_core.sweep.line import Line
from gan_core.sweep.plan import read_plan
from gan_core.sweep.service import Sweeps
from gan_core.sweep.statistics import permutation
from gan_core.sweep.work import Share, work
from web_client import Client

TINY: dict[str, Any] = {"preset": "blank", "steps": 20, "seeds": [0, 1], "axes": {"lr_g": ["0.01", "0.001"]}}
TWO = {**TINY, "axes": {}, "seeds": [0, 1, 2], "against": {"lr_g": "0.05"}}


@pytest.fixture
def sweeps(tmp_path: Path) -> Sweeps:
    return Sweeps(tmp_path / "sweeps", Line(cores=2))


@pytest.fixture
def http(sweeps: Sweeps) -> Client:
    return served(lambda server: add_sweep_routes(server, sweeps))


@pytest.fixture
def ask(http: Client) -> Ask:
    return asker(http, "/api/sweeps")


def train(folder: Path, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """What the command would write into the folder."""
    looks: list[dict[str, Any]] = []
    tasks = tuple(task for _, task in read_plan(plan).tasks())

    def tell(key: str, look: Any) -> None:
        looks.append({"key": key, **look})

    rows = [work(Share((task,)), tell=tell).rows[0] for task in tasks]
    assert SweepFolder(folder).add(rows) is None
    (folder / LOOKS).write_text("".join(f"{json.dumps(look)}\n" for look in looks) + '{"key": "half')
    return rows


def test_one_is_begun_listed_and_told(ask: Ask, http: Client, tmp_path: Path) -> None:
    assert ask("") == (200, {"sweeps": [], "cores": 2})
    code, said = ask("", {"plan": TINY, "workers": 2})
    assert code == 200
    name = said["id"]
    listed = ask("")[1]["sweeps"]
    assert [(one["id"], one["runs"], one["done"], one["state"]) for one in listed] == [(name, 4, 0, "waiting")]
    assert listed[0]["title"] == "A blank one: Generator learning rate, 2 seeds each"
    rows = train(tmp_path / "sweeps" / name, TINY)

    told = ask(f"/{name}")[1]
    tasks = list(read_plan(TINY).tasks())
    assert told["runs"] == [[task.key, i // 2, task.seed] for i, (_, task) in enumerate(tasks)]
    assert [cell["of"] for cell in told["cells"]] == [{"lr_g": "0.01"}, {"lr_g": "0.001"}]
    assert [cell["values"]["lr_g"] for cell in told["cells"]] == [0.01, 0.001]
    assert told["axes"] == [["lr_g", ["0.01", "0.001"]]]
    assert (told["sweep"]["state"], told["sweep"]["done"], told["next"]) == ("done", 4, 4)
    for got, row in zip(told["rows"], rows, strict=True):
        assert {name: got[name] for name in ("key", "verdict", "steps", "readings", "told")} == {
            name: row[name] for name in ("key", "verdict", "steps", "readings", "told")
        }
    assert "rows" in (later := ask(f"/{name}?from=3")[1])
    assert (len(later["rows"]), "runs" in later) == (1, False)

    looks = ask(f"/{name}/looks")[1]
    assert ask(f"/{name}/looks?from={looks['next']}")[1] == {"looks": [], "fakes": {}, "next": looks["next"]}
    last = {look["key"]: look["step"] for look in looks["looks"]}
    assert last == {task.key: 20 for _, task in tasks}
    keys = [row["key"] for row in rows]
    fakes = ask(f"/{name}/fakes?keys={','.join(keys)}")[1]["fakes"]
    assert fakes == {row["key"]: row["fakes"] for row in rows} == looks["fakes"]
    reals = np.frombuffer(base64.b64decode(ask(f"/{name}/reals?cell=1")[1]["reals"]), "<i2").reshape(-1, 2) / 32767
    assert np.abs(reals.mean(axis=0)).max() < 0.05  # one Gaussian in the middle

    answer = http.get(f"/api/sweeps/{name}/table", headers=HEADERS)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert parquet.read_table(io.BytesIO(answer.data))["run"].to_pylist() == keys


def test_two_recipes_are_held_together(ask: Ask, tmp_path: Path) -> None:
    name = ask("", {"plan": TWO, "workers": 1})[1]["id"]
    rows = train(tmp_path / "sweeps" / name, TWO)
    found = {row["by"]: row for row in ask(f"/{name}/compare?reading=spread")[1]["rows"]}
    a, b = ([row["readings"]["spread"][-1] for row in part] for part in (rows[:3], rows[3:]))
    assert found["steps"]["median"] == pytest.approx([np.median(a), np.median(b)])
    assert found["steps"]["count"] == [3, 3]
    assert found["steps"]["at"] == [20, 20]
    assert found["steps"]["p"] == pytest.approx(permutation(a, b))
    assert found["gradients"]["at"] == [20, 20]  # as many a step


def test_what_can_be_done_with_one(ask: Ask) -> None:
    name = ask("", {"plan": TINY})[1]["id"]
    assert ask(f"/{name}", {"do": "pause"}) == (200, {})
    assert ask(f"/{name}")[1]["sweep"]["state"] == "paused"
    assert ask(f"/{name}", {"do": "go-on", "workers": 2}) == (200, {})
    assert ask(f"/{name}")[1]["sweep"]["state"] == "waiting"
    assert ask(f"/{name}", {"do": "go-on", "workers": 3})[0] == 400
    assert ask(f"/{name}", {"do": "stop"}) == (400, {"error": "Unknown action 'stop'; there are pause, go-on."})
    assert ask(f"/{name}", method="DELETE") == (200, {})
    gone = (404, {"error": "There is no such sweep; it may have been deleted."})
    assert ask(f"/{name}") == ask(f"/{name}", {"do": "pause"}) == ask(f"/{name}/looks") == gone


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("", [], "must be a JSON object"),
        ("", {"plan": "all"}, "must be a JSON object"),
        ("", {"plan": {**TINY, "preset": "none"}}, "no preset 'none'"),
        ("", {"plan": TINY, "workers": "all"}, "workers must be a whole number"),
        ("", {"plan": TINY, "workers": 0}, "1 to 2 processes"),
        ("/cost", {"plan": {**TINY, "steps": 10**6}}, "1 to 100,000 steps"),
    ],
)
def test_what_is_no_plan_is_refused(ask: Ask, path: str, body: Any, why: str) -> None:
    code, said = ask(path, body)
    assert code == 400
    assert why in said["error"]


def test_what_is_asked_too_much_or_wrongly(ask: Ask) -> None:
    name = ask("", {"plan": TINY})[1]["id"]
    for path, why in {
        f"/{name}?from=-1": "from must be a whole number",
        f"/{name}/fakes?keys={','.join('abcdefghij' * 7)}": "at most 64 runs",
        f"/{name}/reals?cell=2": "2 cells, counted from 0",
        f"/{name}/compare?reading=luck": "There is no reading 'luck'; there are coverage",
    }.items():
        code, said = ask(path)
        assert code == 400
        assert why in said["error"]


def test_strangers_are_refused(http: Client) -> None:
    answer = http.post("/api/sweeps", headers={**HEADERS, "Origin": "http://elsewhere.example"}, json={"plan": TINY})
    assert answer.status_code == 403
