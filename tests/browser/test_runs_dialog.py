"""The dialog of recorded runs, how the recording stands, and the run that is offered after a restart."""

from __future__ import annotations

import json
import re
import sqlite3
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from dashboard_page import PHONE, DashboardPage, Watch, intercept
from gan_core.wire import frames as wire
from gan_core.wire.envelope import with_header
from live_server import COARSE, LiveServer
from page_oracle import colour, pixel_data
from test_access import expect_no_barriers, expect_no_barriers_in_any_look

REFUSALS = ("400 (BAD REQUEST)", "409 (CONFLICT)")  # which the browser reports by itself


class Runs(NamedTuple):
    """Ids of the two runs in the folder."""

    earlier: str  # seed 0, 40 steps and a change
    present: str  # seed 1, 20 steps


@pytest.fixture(scope="module")
def made() -> list[Runs]:
    """The runs as they were made last, if any."""
    return []


@pytest.fixture
def runs(coarse_server: LiveServer, made: list[Runs]) -> Runs:
    """Two runs, and no other one in the folder; made anew where a test has left it otherwise."""
    server = coarse_server
    if not made or not _as_made(server, made[-1]):
        made.append(_make(server))
    return made[-1]


def _make(server: LiveServer) -> Runs:
    server.put_into_known_state()
    earlier = server.status()["info"]["id"]
    server.train(30)
    server.command("set", values={"lr_g": 0.01})
    server.train(10)
    server.command("new-seed", seed=1)
    server.train(20)
    runs = Runs(earlier, server.status()["info"]["id"])
    # The recorder writes every quarter of a second.
    server.wait_until(lambda status: _steps(server, runs) == [40, 20])
    for run in _listed(server)["runs"]:
        if run["id"] not in runs:
            _tell(server, run["id"], do="delete")
    return runs


def _as_made(server: LiveServer, runs: Runs) -> bool:
    listed, status = _listed(server), server.status()
    now = (listed["current"], status["phase"], status["step"])
    named = {run["id"]: run.get("title") for run in listed["runs"]}
    return now == (runs.present, "paused", 20) and named == dict.fromkeys(runs, "") and _steps(server, runs) == [40, 20]


@pytest.fixture
def server(coarse_server: LiveServer, runs: Runs) -> LiveServer:
    """With two runs in its folder, of which the second is open."""
    return coarse_server


def _steps(server: LiveServer, runs: Runs) -> list[int | None]:
    found = {run["id"]: run.get("steps") for run in _listed(server)["runs"]}
    return [found.get(run) for run in runs]


def _listed(server: LiveServer) -> dict[str, Any]:
    return dict(json.loads(server.get("/api/runs")))


def _tell(server: LiveServer, run: str, **body: str) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.origin}/api/runs/{run}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def _title(server: LiveServer, run: str) -> str:
    return next(str(each["title"]) for each in _listed(server)["runs"] if each["id"] == run)


def _ids(server: LiveServer) -> set[str]:
    return {run["id"] for run in _listed(server)["runs"]}


class Library:
    """The dialog of one page."""

    def __init__(self, dashboard: DashboardPage) -> None:
        self.dashboard, self.page = dashboard, dashboard.page
        self.dialog = self.page.get_by_role("dialog", name="Runs")

    def open(self) -> Library:
        self.page.get_by_role("button", name="Runs: Every run that was recorded").click()
        expect(self.dialog).to_be_visible()
        expect(self.dialog).to_have_css("opacity", "1")
        expect(self.page.locator("#runs-upload input")).to_be_visible()
        return self

    def line(self, run: str) -> Locator:
        return self.dialog.locator(f'[data-run="{run}"]')

    def press(self, run: str, action: str) -> None:
        picture = self.line(run).locator(".thumbnail")
        if action == "Delete" and picture.count():  # one that is still on its way would not be found
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_attribute("data-painted", re.compile("."))
        self.line(run).get_by_role("button", name=re.compile(f"^{action} ")).click()


@pytest.fixture
def library(dashboard: DashboardPage) -> Library:
    return Library(dashboard.open()).open()


def test_the_list_says_what_each_run_is(library: Library, server: LiveServer, runs: Runs) -> None:
    listed = _listed(server)
    earlier, present = runs
    assert listed["current"] == present
    expect(library.dialog.locator("#runs-list li")).to_have_count(2)  # the folder may have data, too
    expect(library.line(present)).to_contain_text("Quick (small networks), seed 1")
    expect(library.line(present)).to_contain_text("20 steps · 0 changes")
    expect(library.line(present)).to_contain_text("open now")
    expect(library.line(earlier)).to_contain_text("Quick (small networks), seed 0")
    expect(library.line(earlier)).to_contain_text("40 steps · 1 change · ")
    expect(library.line(earlier)).not_to_contain_text("open now")
    expect(library.line(present).get_by_role("button", name=re.compile("^Open "))).to_have_count(0)
    # What the folder takes of the disk, and what a run may take.
    words = library.page.locator("#runs-words")
    expect(words).to_contain_text("2 runs, ")
    expect(words).to_contain_text(f"in {listed['folder']}. Each run may take 2 GB.")
    megabytes = float(re.search(r", ([\d.]+) MB", words.inner_text())[1])  # type: ignore[index]
    assert megabytes == pytest.approx(sum(run["nbytes"] for run in listed["runs"]) / 1e6, rel=0.06)

    # Looked for by words, by values of the experiment, and by both.
    find = library.page.get_by_role("searchbox", name="Find")
    for query, found in (
        ("quick", {earlier, present}),
        ("seed=1", {present}),
        ("SMALL SEED=0", {earlier}),
        ("seed=0 objective=non-sat", {earlier}),
        ("batch=256 lr_g=0.0002 beta1_g=.5", {earlier, present}),
        ("batch=25", set()),
        ("batch= lr_g=x", set()),
        ("objective=hinge", set()),
        ("constructor=1 =", set()),
        (earlier, {earlier}),
        (" ", {earlier, present}),
    ):
        find.fill(query)
        for run in runs:
            expect(library.line(run)).to_be_visible(visible=run in found)
        if len(found) == 1:
            expect(words).to_have_text("1 of 2 runs found.")
        elif not found:
            expect(words).to_have_text(f"None of 2 runs is found by “{query}”: look for less, or for other words.")
    expect(words).to_contain_text("2 runs, ")
    # What is deleted meanwhile can still be brought back.
    library.press(earlier, "Delete")
    find.fill("seed=1")
    expect(words).to_have_text("1 of 1 run found.")
    library.dialog.get_by_role("button", name="Undo").click()
    expect(library.line(earlier)).to_be_visible()


def test_thumbnails_show_the_last_sample_map(library: Library, server: LiveServer, runs: Runs) -> None:
    for run in _listed(server)["runs"]:
        canvas = library.line(run["id"]).locator("canvas")
        expect(canvas).to_have_attribute("data-painted", str(run["steps"]))
        expect(canvas).to_have_attribute("aria-label", re.compile(f"Sample map of .* at step {run['steps']}$"))
        pixels = library.dashboard._pixels("document.querySelector(argument)", f'[data-run="{run["id"]}"] canvas')
        assert pixels.shape[0] == pixels.shape[1]
        # Away from fakes and contour, the colour is that of the map, row 0 lowest.
        frame = server.envelope(f"/api/runs/{run['id']}/frame/{run['steps']}")
        cells = frame.arrays["sample_map"][::-1]
        at = pixel_data(len(pixels))
        inside = np.abs(at) <= 1
        at = ((at[inside] + 1) / 2 * len(cells)).astype(int)
        off = np.abs(pixels[np.ix_(inside, inside)][..., :3].astype(float) - colour(cells[np.ix_(at, at)])).max(axis=-1)
        assert np.mean(off < 12) > 0.6
        assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 20  # and it is not one colour


def test_opening_a_run_shows_it_where_it_stopped(library: Library, server: LiveServer, runs: Runs) -> None:
    earlier = runs.earlier
    library.press(earlier, "Open")
    expect(library.dialog).to_be_hidden()
    status = server.wait_until(lambda s: s["info"]["id"] == earlier and s["phase"] == "paused" and s["goal"] is None)
    assert status["step"] == 40
    library.dashboard.catch_up()
    library.dashboard.expect_step(40)
    expect(library.page.locator("#lr-g-value")).to_have_text("0.01")
    library.open()
    expect(library.line(earlier)).to_contain_text("open now")


def test_renaming_keeps_with_enter_and_not_with_escape(library: Library, server: LiveServer, runs: Runs) -> None:
    run = runs.earlier
    page = library.page
    library.press(run, "Rename")
    field = page.get_by_role("textbox", name="New name of Quick (small networks), seed 0")
    expect(field).to_be_focused()
    hostile = "<img src=x onerror=alert(1)> & “co”"
    field.fill(hostile)
    field.press("Enter")
    expect(library.line(run).locator("h3")).to_have_text(hostile)
    expect(library.line(run).locator("img")).to_have_count(0)
    expect(library.line(run).get_by_role("button", name=re.compile("^Rename "))).to_be_focused()
    assert _title(server, run) == hostile

    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name=re.compile("^New name of"))
    field.fill("not this")
    field.press("Escape")
    expect(library.line(run).locator("h3")).to_have_text(hostile)
    expect(library.dialog).to_be_visible()
    assert _title(server, run) == hostile


def test_a_deleted_run_comes_back_with_undo(library: Library, server: LiveServer, runs: Runs, watch: Watch) -> None:
    watch.tolerate(*REFUSALS)
    earlier, present = runs
    library.press(earlier, "Delete")
    expect(library.line(earlier)).to_contain_text("Deleted “Quick (small networks), seed 0”.")
    expect(library.page.locator("#runs-words")).to_contain_text("1 run, ")
    assert _ids(server) == {present}
    undo = library.line(earlier).get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    library.page.keyboard.press("Enter")
    expect(library.line(earlier).get_by_role("button", name=re.compile("^Open "))).to_be_focused()
    assert _ids(server) == {present, earlier}

    library.press(present, "Delete")
    expect(library.line(present)).to_contain_text("This run is the one that is open; open another one first.")
    assert _ids(server) == set(runs)


def test_a_downloaded_run_can_be_taken_in_elsewhere(
    library: Library, server: LiveServer, runs: Runs, tmp_path: Path
) -> None:
    earlier = runs.earlier
    with library.page.expect_download() as waiting:
        library.line(earlier).get_by_role("link", name=re.compile("^Download ")).click()
    assert waiting.value.suggested_filename == f"ganscope-{earlier}.sqlite"
    path = tmp_path / "run.sqlite"
    waiting.value.save_as(path)
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    library.page.get_by_label("Take in a run file that was downloaded elsewhere").set_input_files(path)
    words = library.page.locator(".upload-words")
    expect(words).to_have_text("“run.sqlite” was taken in.")
    (new,) = _ids(server) - set(runs)
    expect(library.line(new)).to_contain_text("40 steps · 1 change")
    expect(library.line(new).get_by_role("button", name=re.compile("^Open "))).to_be_focused()
    rows = [server.envelope(f"/api/runs/{run}/progress").arrays["metrics"] for run in (earlier, new)]
    np.testing.assert_array_equal(*rows)


def test_a_damaged_upload_is_refused_with_a_sentence(
    library: Library, server: LiveServer, runs: Runs, watch: Watch, tmp_path: Path
) -> None:
    watch.tolerate(*REFUSALS)
    whole = server.get(f"/api/runs/{runs.earlier}/file")
    torn = tmp_path / "torn.sqlite"
    torn.write_bytes(whole[: len(whole) // 2])
    before = _listed(server)["runs"]
    library.page.get_by_label("Take in a run file that was downloaded elsewhere").set_input_files(torn)
    words = library.page.locator(".upload-words.wrong")
    expect(words).to_have_text(re.compile(r"^“torn\.sqlite” was not taken in\. [A-Z].+\.$"))
    assert _listed(server)["runs"] == before


def test_damaged_files_of_the_folder_can_only_be_deleted(
    dashboard: DashboardPage, server: LiveServer, runs: Runs
) -> None:
    folder = Path(_listed(server)["folder"])
    (folder / "20200101-000000-abcdef.sqlite").write_bytes(b"not a database, whatever its name says" * 100)
    library = Library(dashboard.open()).open()
    line = library.line("20200101-000000-abcdef")
    expect(line).to_contain_text("Damaged run 20200101-000000-abcdef")
    expect(line.locator(".run-damage")).to_have_text(re.compile(r"cannot be opened as a run: .+\.$"))
    assert line.get_by_role("button").all_inner_texts() == ["Delete"]
    line.get_by_role("button").click()
    expect(line).to_contain_text("Deleted")
    assert _ids(server) == set(runs)


def test_verifying_says_what_was_proved_and_finds_a_changed_bit(
    library: Library, server: LiveServer, runs: Runs
) -> None:
    earlier = runs.earlier
    library.press(earlier, "Verify")
    words = library.line(earlier).locator(".run-says")
    expect(words).to_have_attribute("data-proved", "true")
    expect(words).to_contain_text(
        re.compile(r"^Proved: 40 steps trained again; \d+ checkpoints and 40 rows of metrics")
    )
    expect(library.line(earlier).get_by_role("button", name=re.compile("^Verify "))).to_be_visible()

    with sqlite3.connect(Path(_listed(server)["folder"]) / f"{earlier}.sqlite") as file:
        (rows,) = file.execute("SELECT rows FROM metrics WHERE first <= 7 ORDER BY first DESC LIMIT 1").fetchone()
        numbers = np.frombuffer(rows, "<f4").copy()
        numbers.view("<u4")[4 * 7] ^= 1  # the last bit of one loss
        file.execute("UPDATE metrics SET rows = ? WHERE rows = ?", (numbers.tobytes(), rows))
    library.press(earlier, "Verify")
    expect(words).to_have_attribute("data-proved", "false")
    expect(words).to_contain_text("8")  # the step
    _tell(server, earlier, do="delete")  # no other test is to find it so


def test_verifying_ends_with_its_button_and_with_the_dialog(library: Library, server: LiveServer, runs: Runs) -> None:
    page = library.page
    # It never comes to an end, but for the visitor's.
    intercept(
        page,
        "**/api/visit/*",
        lambda route: (
            route.fulfill(status=202, json={"done": 10, "total": 40})
            if route.request.method == "GET"
            else route.continue_()
        ),
    )
    words = library.line(runs.earlier).locator(".run-says")
    library.press(runs.earlier, "Verify")
    expect(words).to_have_text("Training again: step 10 of 40 (25 %)")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as given_up:
        library.press(runs.earlier, "Stop")
    assert given_up.value.ok
    expect(words).to_have_text("Stopped; nothing was proved.")

    library.press(runs.earlier, "Verify")
    expect(words).to_have_text("Training again: step 10 of 40 (25 %)")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as given_up:
        page.keyboard.press("Escape")
    assert given_up.value.ok
    expect(library.dialog).to_be_hidden()


def test_two_runs_are_chosen_for_comparing(library: Library, server: LiveServer, runs: Runs) -> None:
    earlier, present = runs
    bar = library.page.locator("#runs-chosen")
    expect(bar).to_be_hidden()
    library.line(earlier).get_by_role("checkbox").check()
    link = bar.get_by_role("link", name="Compare with the present run")
    expect(link).to_have_attribute("href", f"/compare?a={earlier}&b={present}")
    library.line(present).get_by_role("checkbox").check()
    expect(bar.get_by_role("link", name="Compare these two")).to_have_attribute(
        "href", f"/compare?a={earlier}&b={present}"
    )
    library.line(earlier).get_by_role("checkbox").uncheck()
    expect(bar).to_contain_text("1 run selected.Choose another run to compare this one with.")


def test_everything_with_the_keyboard(dashboard: DashboardPage, server: LiveServer, runs: Runs) -> None:
    earlier = runs.earlier
    page = dashboard.open().page
    library = Library(dashboard)
    button = page.locator("#runs")
    button.focus()
    page.keyboard.press("Enter")
    expect(library.line(earlier)).to_be_visible()
    page.keyboard.press(" ")  # not for the page behind: nothing starts to train
    page.keyboard.press("Escape")
    expect(library.dialog).to_be_hidden()
    expect(button).to_be_focused()
    assert server.status()["phase"] == "paused"

    page.keyboard.press("Enter")
    expect(library.line(earlier)).to_be_visible()
    open_it = library.line(earlier).get_by_role("button", name=re.compile("^Open "))
    for _ in range(40):
        if open_it.evaluate("(element) => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(open_it).to_be_focused()
    page.keyboard.press("Enter")
    expect(library.dialog).to_be_hidden()
    server.wait_until(lambda s: s["info"]["id"] == earlier and s["step"] == 40)


def test_axe_finds_no_barrier(dashboard: DashboardPage, server: LiveServer, runs: Runs) -> None:
    folder = Path(_listed(server)["folder"])
    (folder / "20200101-000000-abcdef.sqlite").write_bytes(b"not a database")
    earlier = runs.earlier
    library = Library(dashboard.open()).open()
    page = library.page
    library.line(earlier).get_by_role("checkbox").check()
    expect_no_barriers(dashboard)
    within = ".runs-dialog [role=dialog]"
    expect_no_barriers_in_any_look(dashboard, within)
    library.press(earlier, "Rename")
    expect_no_barriers_in_any_look(dashboard, within)
    page.keyboard.press("Escape")
    library.press(earlier, "Delete")
    expect_no_barriers_in_any_look(dashboard, within)
    # On a phone it has the whole width, and nothing sticks out.
    width, height = PHONE
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("(width) => innerWidth === width", arg=width)
    box = library.dialog.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_header_says_how_much_is_recorded(dashboard: DashboardPage, server: LiveServer, runs: Runs) -> None:
    page = dashboard.open().page
    words = page.locator("#recording-words")
    expect(words).to_have_text(re.compile(r"^recorded: [\d.]+ (kB|MB) of 2 GB$"))
    expect(page.locator("#recording-error")).to_be_hidden()
    # What the server would say of a full disk, and of a run that came from another machine.
    said: dict[str, Any] = {
        "note": "Step 9 gives other numbers here.",
        "recording": {"nbytes": 24.1e6, "limit": 2e9, "error": "The disk is full. Make room."},
    }

    def answer(route: Route) -> None:
        body = route.fetch().body()
        status = wire.decode(body)[0]["status"] | said
        status["info"] |= {"precision": precision}
        route.fulfill(body=with_header(body, status=status), content_type=wire.CONTENT_TYPE)

    precision = "float32"
    page.route(re.compile(r"/api/progress"), answer)
    expect(words).to_have_text("recorded: 24 MB of 2 GB")
    expect(page.locator("#recording-error")).to_have_text("The disk is full. Make room.")
    expect(page.locator("#recording-error")).to_have_attribute("role", "alert")
    expect(page.locator("#notices")).to_contain_text("Step 9 gives other numbers here.")
    # What it would say while another program has locked the file, and afterwards.
    waiting = page.locator("#notices .notice", has_text="Another program has locked the file.")
    said["recording"] = {
        "nbytes": 24.1e6,
        "limit": 2e9,
        "error": None,
        "waiting": "Another program has locked the file.",
    }
    expect(words).to_have_text("recording waits")
    expect(waiting).to_be_visible()
    expect(page.locator("#recording-error")).to_be_hidden()
    waiting.get_by_role("button", name="Dismiss this notice").click()
    dashboard.until("!document.querySelector('[data-key=recording-waits]')")
    said["recording"]["waiting"] = None
    expect(words).to_have_text("recorded: 24 MB of 2 GB")
    said["recording"]["waiting"] = "Another program has locked the file."
    expect(waiting).to_be_visible()  # it is another time
    expect(page.locator("#notices")).not_to_contain_text("bfloat16")
    said["recording"], precision = None, "bfloat16"
    expect(words).to_have_text("not recorded")
    expect(page.locator("#run-words")).to_contain_text("bfloat16")
    expect(page.locator("#notices")).to_contain_text("It has not been shown that a GAN learns the same in it")
    page.unroute_all(behavior="wait")


def test_after_a_restart_the_last_run_is_offered(page: Page, watch: Watch) -> None:
    server = LiveServer("--preset", "quick", "--threads", "1", "--paused", script=COARSE)
    try:
        dashboard = DashboardPage(page, server, watch).open()
        library = Library(dashboard).open()
        expect(page.locator("#runs-words")).to_contain_text("Nothing is recorded in ")
        expect(library.dialog.locator("#runs-list li")).to_have_count(0)
        expect(page.locator(".notice")).to_have_count(0)  # there is nothing before it
        server.train(25)
        before, rows = server.status()["info"]["id"], server.metrics()
        page.goto("about:blank")
        server.stop()
        server.start()
        server.train(3)

        dashboard.open()
        notice = page.locator(".notice")
        expect(notice).to_contain_text("The run before this one stopped at step 25 (Quick (small networks), seed 0).")
        notice.get_by_role("button", name="Dismiss this notice").click()
        expect(notice).to_have_count(0)
        with page.expect_response(re.compile("/api/runs")):
            page.reload()
        dashboard.catch_up()
        expect(notice).to_have_count(0)  # it was dismissed

        page.evaluate("sessionStorage.clear()")
        page.reload()
        notice.get_by_role("button", name="Continue it").click()
        expect(notice).to_have_count(0)
        server.wait_until(lambda s: s["info"]["id"] == before and s["goal"] is None)
        dashboard.catch_up()
        dashboard.expect_step(25)
        np.testing.assert_array_equal(server.metrics(), rows)
    finally:
        server.stop()
