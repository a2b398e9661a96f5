"""One HTML file of a run: it asks nobody for anything, and holds what is recorded."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from contextlib import closing
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import run_files
from envelope_reader import read
from gan_core.__main__ import main
from gan_core.export.page import held as holding
from gan_core.export.page.held import chosen, held
from gan_core.recording.file.run_file import RunFile
from gan_core.records.arrays import Float32Array

STRANGER = "</script></title><script>alert(1)</script><b>a stranger's"


class Elements(HTMLParser):
    """What stands in a page: each element's attributes, and the text of those that hold one alone."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self.now: tuple[str, dict[str, str | None]] = ("", {})
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.now = (tag, dict(attrs))
        self.tags.append(self.now)

    def handle_data(self, data: str) -> None:
        self.texts.append((*self.now, data))

    def handle_endtag(self, tag: str) -> None:
        self.now = ("", {})

    def by_id(self, name: str) -> str:
        return "".join(text for _, attributes, text in self.texts if attributes.get("id") == name)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, run_files.Kept]:
    path = tmp_path_factory.mktemp("runs") / "a.sqlite"
    kept = run_files.record(path, 45)
    with closing(RunFile.open(path, write=True)) as file, file.transaction():
        file.set_about("title", STRANGER)
        file.set_about("notes", [[7, STRANGER, ["seen"]]])
    return path, kept


@pytest.fixture(scope="module")
def html(run: tuple[Path, run_files.Kept]) -> str:
    out = run[0].with_suffix(".html")
    assert main(["export", str(run[0]), "--what", "page", "--out", str(out)], {}) == 0
    assert out.stat().st_size < 15_000_000
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def elements(html: str) -> Elements:
    return Elements(html)


@pytest.fixture(scope="module")
def packed(elements: Elements) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(zlib.decompress(b64decode(elements.by_id("packed"))))
    return found


def envelopes(elements: Elements) -> list[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    return [read(b64decode(line)) for line in elements.by_id("envelopes").split()]


def test_nothing_is_fetched(html: str, elements: Elements) -> None:
    for tag, attributes in elements.tags:
        addresses = {attributes.get(name) for name in ("src", "href", "data", "action", "srcset", "poster")} - {None}
        assert addresses <= {"data:,"}, tag
    styles = " ".join(text for tag, _, text in elements.texts if tag == "style")
    assert "@import" not in styles
    assert all(address.startswith("data:") for address in re.findall(r"url\(\s*[\"']?([^)]{5})", styles))


def test_the_policy_lets_these_scripts_run_and_no_others(elements: Elements, packed: dict[str, Any]) -> None:
    (policy,) = (
        attributes["content"]
        for tag, attributes in elements.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    told = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert told["default-src"] == "'none'"  # connect-src with it
    run = [text for tag, attributes, text in elements.texts if tag == "script" and not attributes] + packed["scripts"]
    hashes = {f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in run}
    assert len(run) > 100
    assert set(told["script-src"].split()) == hashes


def test_a_strangers_words_stay_words(html: str, elements: Elements, packed: dict[str, Any]) -> None:
    assert STRANGER in next(text for tag, _, text in elements.texts if tag == "title")
    assert "alert(1)</script>" not in html
    (listed,) = packed["answers"]["/api/runs"]["runs"]
    assert listed["title"] == STRANGER
    assert listed["notes"] == [{"step": 7, "text": STRANGER, "tags": ["seen"]}]


def test_frames_and_numbers_are_those_of_the_file(
    run: tuple[Path, run_files.Kept], elements: Elements, packed: dict[str, Any]
) -> None:
    _, kept = run
    points, progress, rest, *frames = envelopes(elements)
    assert points[0]["kind"] == "points"
    assert packed["steps"] == [header["step"] for header, _ in frames] == list(kept.frames)
    for header, arrays in frames:
        own_header, own = read(kept.frames[header["step"]])
        assert header["run"] == progress[0]["status"]["info"]["run"]
        assert header["resolution"] == own_header["resolution"]
        assert all(np.array_equal(arrays[name], array) for name, array in own.items())
        assert arrays.keys() == own.keys()
    told, arrays = progress
    assert (told["from"], told["rows"], told["stride"], told["status"]["recording"]) == (0, 45, 1, None)
    assert np.array_equal(arrays["metrics"], run_files.rows(kept.metrics))
    assert arrays["kept"].tolist() == list(kept.frames)
    assert [change[0] for change in told["changes"]] == [change.step for change in kept.changes]
    assert (rest[0]["from"], len(rest[1]["metrics"]), rest[0]["changes"]) == (45, 0, [])


@pytest.mark.parametrize("count", [1, 2, 5, 30, 119, 120, 500])
def test_which_frames_are_chosen(count: int) -> None:
    kept = [*range(100), *range(100, 2100, 100)]
    events = [31, 1234]
    found = chosen(kept, events, count)
    assert found == sorted(set(found))
    assert set(found) <= set(kept)
    assert len(found) == min(count, len(kept))
    if count >= 2:
        assert (found[0], found[-1]) == (0, 2000)
    if count >= 5:
        assert {31, 1200} <= set(found)
        places = [kept.index(step) for step in found]
        assert max(np.diff(places)) <= np.ceil(len(kept) / (count - 4)) + 1


def test_no_more_than_there_is_room_for(run: tuple[Path, run_files.Kept]) -> None:
    path, kept = run
    counts = []
    with closing(RunFile.open(path)) as file:
        for room in range(50_000, 80_000, 2_000):
            found = held(file, 300, room)
            counts.append(len(found.frames))
            letters = [len(b64encode(envelope)) for envelope in (found.points, found.progress, *found.frames.values())]
            assert counts[-1] == 1 or sum(letters) <= room
            assert read(found.progress)[1]["kept"].tolist() == list(found.frames)
            assert f"{counts[-1]} of its {len(kept.frames)} kept frames" in found.said
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (1, len(kept.frames))
    assert len(set(counts)) > 3


def test_of_thinned_numbers_the_least_and_the_greatest_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.sqlite"
    run_files.record(path, 5)
    rows: Float32Array = np.random.default_rng(0).normal(size=(400, 4)).astype(np.float32)
    with closing(RunFile.open(path, write=True)) as file, file.transaction():
        file.add_steps(6, rows)
    with closing(RunFile.open(path)) as file:
        everything = file.metrics()
        monkeypatch.setattr(holding, "MAX_ROWS", 100)
        header, arrays = read(held(file, 300, 10**7).progress)
    stride = header["stride"]
    assert len(arrays["metrics"]) <= 100
    assert np.array_equal(arrays["metrics"], everything[::stride])
    for row, of_row in enumerate(arrays["extremes"]):
        steps = everything[max(0, (row - 1) * stride + 1) : row * stride + 1]
        assert np.array_equal(of_row, [*steps.min(0), *steps.max(0)])


def test_a_run_without_a_frame_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "blind.sqlite"
    run_files.record(path, 5)
    with closing(RunFile.open(path, write=True)) as file, file.transaction():
        file.drop_frames(file.frame_steps())
    with pytest.raises(SystemExit):
        main(["export", str(path), "--what", "page", "--out", str(tmp_path / "blind.html")], {})
    assert "has no kept frame yet" in capsys.readouterr().err
    assert not (tmp_path / "blind.html").exists()
