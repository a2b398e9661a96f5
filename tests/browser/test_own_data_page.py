"""A visitor's own data on the page: a table is taken in or refused where one looks, and trained on."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard_page import PHONE, DashboardPage, Watch
from gan_core.records.readings import PLACE
from live_server import COARSE, LiveServer
from test_access import expect_no_barriers

REFUSED = "400 (BAD REQUEST)"  # which the browser reports by itself
FILE, COLUMNS = "Take in a table of points (CSV)", "Columns, where not the first two of numbers"
DROP = """([name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name));
  const root = document.querySelector("#runs-own-data");
  for (const type of ["dragover", "drop"]) {
    root.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture
def own(dashboard: DashboardPage) -> Locator:
    """The part of the dialog of runs in which data are taken in, opened with the keyboard."""
    page = dashboard.open().page
    page.get_by_role("button", name="Runs: Every run that was recorded").click()
    expect(page.locator("#runs-upload input")).to_be_visible()
    page.locator("#runs-own summary").focus()
    page.keyboard.press("Enter")
    own = page.locator("#runs-own-data")
    expect(own.get_by_label(FILE)).to_be_visible()
    return own


def table(points: np.ndarray, head: str = "") -> str:
    return head + "\n".join(";".join(f"{x:.4f}" for x in row) for row in points).replace(".", ",")


def ring(n: int = 400, seed: int = 0) -> np.ndarray:
    """Points of a circle of radius 40 about (100, 7), with a column of other numbers before them."""
    turns = np.random.default_rng(seed).uniform(0, 2 * np.pi, n)
    return np.stack((np.arange(n), 100 + 40 * np.cos(turns), 7 + 40 * np.sin(turns)), 1)


def file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_bad_files_are_refused_in_a_sentence_beside_the_field(
    own: Locator, dashboard: DashboardPage, tmp_path: Path
) -> None:
    dashboard.watch.tolerate(REFUSED)
    words = own.locator(".own-data-words")
    before = dashboard.server.status()["info"]["id"]
    for name, content, why in (
        ("story.txt", "Once upon a time\nthere was a table", "It has no two columns of numbers."),
        ("one.csv", "x\n" + "1.5\n" * 20, "It has one column of numbers, and a point takes two"),
        ("gap.csv", "x,y\n" + "1.5,2\n" * 20 + "nan,1\n", "Line 22 has “nan” in column x"),
        ("latin.csv", "größe,y\n1,2\n".encode("latin-1"), "Line 1 is not in UTF-8, perhaps in Latin-1"),
    ):
        own.get_by_label(FILE).set_input_files(file(tmp_path, name, content))
        expect(words).to_contain_text(f"“{name}” was not taken in. {why}")
        expect(words).to_have_class(re.compile("wrong"))
    expect(words).to_have_attribute("role", "status")
    assert dashboard.server.status()["info"]["id"] == before


def test_a_table_is_taken_in_and_trained_on(
    own: Locator, dashboard: DashboardPage, server: LiveServer, tmp_path: Path
) -> None:
    page, words = dashboard.page, own.locator(".own-data-words")
    page.evaluate("document.addEventListener('own-data', (event) => (window.told = event.detail))")
    path = file(tmp_path, "ring.csv", table(ring(), "n;länge;breite\n"))
    own.get_by_label(FILE).set_input_files(path)
    expect(words).to_contain_text("400 points of “ring.csv”, columns n and länge; 40 of them are held out")
    # Those were the wrong columns: the same file again, by other ones, without a mouse.
    own.get_by_label(COLUMNS).fill("länge,3")
    own.get_by_label(COLUMNS).press("Enter")
    expect(words).to_contain_text("columns länge and breite; ")
    expect(words).to_contain_text("1 of the square is 44.4")
    told = page.evaluate("window.told")
    assert re.fullmatch(r"csv-[0-9a-f]{16}", told["target"])
    assert told["name"] == "ring.csv"
    assert told["sentence"] == words.inner_text()
    expect_no_barriers(dashboard)
    line = own.locator(f'[data-target="{told["target"]}"]')
    expect(line).to_contain_text("columns länge and breite")
    line.get_by_role("button", name="Train on it").press("Enter")
    expect(page.get_by_role("dialog", name="Runs")).to_be_hidden()
    status = server.wait_until(lambda status: status["info"]["config"]["target"] == told["target"])
    assert status["info"]["preset"] == "quick"
    dashboard.catch_up()
    reals = server.envelope("/api/points").arrays["reals"] / 32767
    radius = np.hypot(*reals.T)
    assert radius == pytest.approx(0.9, abs=0.02), "the circle that was in the file"
    server.train(10)
    dashboard.catch_up()
    dashboard.expect_step(10)
    name = f"ring.csv ({told['target'][4:8]})"  # here, in the library and where it is removed
    expect(page.get_by_text(f"Not as told: target {name}.")).to_be_visible()
    # Whether its points are copied: the server's readings, as a choice of the curves.
    page.locator("label[for=curves-view-memory]").click()
    expect(page.locator("#metrics-panel-title")).to_have_text("Copies or new")
    dashboard.until("s.shown.fakes.length === 2 * 5000")  # at rest: nothing replaces it
    dashboard.next_frame()
    said = server.envelope("/api/progress?readings=10").arrays["readings"][-1]
    shown = page.locator("#metrics-panel-notes dd").all_inner_texts()
    values = [float(text.split()[0].replace("\u2212", "-")) for text in shown]
    names = ("memorised", "memorised_by_chance", "d_gap")
    assert values == pytest.approx([said[PLACE[name]] for name in names], abs=6e-4)
    page.evaluate("document.activeElement.blur()")
    # A process of the server's own finds the points, too.
    page.keyboard.press("ArrowLeft")
    dashboard.expect_step(9)
    expect(page.locator("#exact-words")).to_have_text("✓ exact, as recorded")
    # The library calls it by its name, and finds it by that.
    page.get_by_role("button", name="Runs: Every run that was recorded").click()
    page.get_by_role("searchbox", name="Find").fill("target=ring.csv")
    expect(page.locator(f'[data-run="{status["info"]["id"]}"] .run-body')).to_contain_text(f"with target {name}")


def test_a_table_may_be_dropped_scaled_otherwise_and_removed(own: Locator, dashboard: DashboardPage) -> None:
    page, words, server = dashboard.page, own.locator(".own-data-words"), dashboard.server
    narrow = ring(seed=1)[:, 1:] * (1, 0.1)
    page.evaluate(DROP, ["dropped.csv", table(narrow)])
    expect(words).to_contain_text("400 points of “dropped.csv”, columns 1 and 2; ")
    expect(words).to_contain_text("Each column is scaled by itself")
    by_columns = str(own.locator("li").first.get_attribute("data-target"))
    own.get_by_label("Scale").select_option("Keep the shape: one factor")
    expect(words).to_contain_text("1 of the square is 44.4")
    line = own.locator("li").first
    expect(line).not_to_have_attribute("data-target", by_columns)
    expect(line).to_contain_text("dropped.csv")
    target = str(line.get_attribute("data-target"))
    # It stays while a run is trained on it, and goes after a question.
    before = server.status()["info"]["preset"]
    server.command("preset", name="quick", config={"target": target})
    server.train(5)
    listed = lambda: [run["config"]["target"] for run in json.loads(server.get("/api/runs"))["runs"]]  # noqa: E731
    server.wait_until(lambda _: target in listed())
    dashboard.watch.tolerate("409 (CONFLICT)")
    remove = line.get_by_role("button", name="Remove dropped.csv")
    remove.press("Enter")
    question = line.get_by_role("alert")
    expect(question).to_contain_text("Remove “dropped.csv”? 1 recorded run was trained on it")
    expect(line.get_by_role("button", name="No")).to_be_focused()
    page.keyboard.press("Escape")
    expect(remove).to_be_focused()
    remove.press("Enter")
    line.get_by_role("button", name="Yes, remove it").press("Enter")
    expect(words).to_contain_text(f"The present run is trained on dropped.csv ({target[4:8]})")
    server.command("preset", name=before)
    remove.press("Enter")
    expect_no_barriers(dashboard)
    line.get_by_role("button", name="Yes, remove it").press("Enter")
    expect(words).to_have_text("“dropped.csv” was removed.")
    expect(own.locator(f'[data-target="{target}"]')).to_have_count(0)
    expect(own.get_by_label(FILE)).to_be_focused()
    kept = {one["target"] for one in json.loads(server.get("/api/data"))["data"]}
    assert by_columns in kept
    assert target not in kept
    dashboard.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    over = "document.querySelector('.runs-dialog [role=dialog]').scrollWidth - document.documentElement.clientWidth"
    assert dashboard.page.evaluate(over) <= 0


@pytest.fixture
def elsewhere() -> Iterator[LiveServer]:
    """A server of this test's own, without data."""
    server = LiveServer("--preset", "quick", "--threads", "1", "--paused", script=COARSE)
    yield server
    server.stop()


def test_a_run_whose_data_are_not_here_can_be_looked_at(
    page: Page, watch: Watch, coarse_server: LiveServer, elsewhere: LiveServer
) -> None:
    content, server, dashboard = table(ring(seed=5)[:, 1:]).encode(), elsewhere, DashboardPage(page, elsewhere, watch)

    def take_in(server: LiveServer) -> str:
        request = urllib.request.Request(f"{server.origin}/api/data?name=ring.csv", content)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(json.load(answer)["target"])

    coarse_server.put_into_known_state()
    target = take_in(coarse_server)
    coarse_server.command("preset", name="quick", config={"target": target})
    run = coarse_server.status()["info"]["id"]
    coarse_server.train(10)
    coarse_server.command("preset", name="quick")
    coarse_server.wait_until(lambda _: json.loads(coarse_server.get(f"/api/runs/{run}/status"))["step"] == 10)
    server.run_file(run).write_bytes(coarse_server.get(f"/api/runs/{run}/file"))
    watch.allow(server.origin)
    watch.tolerate("409 (CONFLICT)")
    page.goto(f"{server.origin}/?run={run}")
    missing = f"The points of {target} are not on this machine"
    expect(page.locator("#notices")).to_contain_text(missing)
    dashboard.until("s.shown && s.shown.step === 10")
    dashboard.point("samples", 0.5, 0.5)
    expect(page.locator("#samples-panel-notes")).to_contain_text("x = ")
    expect(dashboard.badge("samples")).to_contain_text("0 real, 2,000 fake")
    # It cannot be gone on with, until the file was taken in again.
    page.goto(server.origin)
    page.get_by_role("button", name="Runs: Every run that was recorded").click()
    line = page.locator(f'[data-run="{run}"]')
    line.get_by_role("button", name=re.compile("^Open ")).click()
    expect(line.locator(".run-says")).to_contain_text(missing)
    assert server.status()["info"]["id"] != run
    assert take_in(server) == target
    line.get_by_role("button", name=re.compile("^Open ")).click()
    server.wait_until(lambda status: status["info"]["id"] == run and status["step"] == 10)


def test_in_the_experiments_panel_it_is_chosen_as_a_target(dashboard: DashboardPage, tmp_path: Path) -> None:
    page, server = dashboard.open().page, dashboard.server
    page.locator("#experiment-fold").click()
    field = page.locator("#experiment-body [data-field=target]")
    field.locator(".of-own-data summary").press("Enter")
    field.get_by_label(FILE).set_input_files(file(tmp_path, "again.csv", table(ring(seed=2)[:, 1:])))
    expect(field.locator(".own-data-words")).to_contain_text("400 points of “again.csv”")
    line = field.locator("li").first
    expect(line).to_contain_text("again.csv")
    target = str(line.get_attribute("data-target"))
    expect_no_barriers(dashboard)
    line.get_by_role("button", name="Choose it").press("Enter")
    expect(field.locator("select")).to_have_value(target)
    expect(field.locator("select")).to_be_focused()
    assert server.status()["info"]["config"]["target"] == "spiral", "a draft, until it is begun"
    page.locator("#experiment-start").press("Enter")
    server.wait_until(lambda status: status["info"]["config"]["target"] == target)
