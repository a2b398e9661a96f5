"""The dialog of runs where there are many: pages, filters, and what is done with all that are selected."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

import run_files
from dashboard_page import PHONE, DashboardPage, intercept
from gan_core.recording.file.run_file import RunFile
from gan_core.records.steps import StepMetrics
from live_server import LiveServer
from test_access import expect_no_barriers_in_any_look
from test_runs_dialog import Library

MANY = 110
SCENARIO = "crowd"  # which no version knows: it is called by its name
STATES = ("covering", "collapsed", "hopping")
NAMES = [f"crowd-{number:03d}" for number in range(MANY)]  # from the oldest to the newest


@pytest.fixture(scope="module")
def crowd(coarse_server: LiveServer) -> Iterator[LiveServer]:
    """A server with many runs of one scenario in its folder, beside whatever there is."""
    for number, name in enumerate(NAMES):
        recipe = run_files.recipe(name, preset=SCENARIO, seed=number, created=1.6e9 + number)
        with closing(RunFile.create(coarse_server.run_file(name), recipe)) as file, file.transaction():
            file.add_metrics([StepMetrics(1, 0.5, 0.5, 0.5, 0.5)])
            file.set_about("outcome", {"state": STATES[number % 3]})
    yield coarse_server
    body = json.dumps({"do": "delete", "runs": NAMES}).encode()
    request = urllib.request.Request(f"{coarse_server.origin}/api/library", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["left"] == {}


@pytest.fixture
def server(crowd: LiveServer) -> LiveServer:
    crowd.put_into_known_state()
    crowd.train(3)
    crowd.wait_until(lambda status: _present(crowd).get("steps") == 3)
    return crowd


@pytest.fixture
def library(dashboard: DashboardPage) -> Library:
    return Library(dashboard.open()).open()


def _present(server: LiveServer) -> dict[str, Any]:
    said = json.loads(server.get("/api/runs"))
    return next((run for run in said["runs"] if run["id"] == said["current"]), {})


def _there(server: LiveServer) -> set[str]:
    """Those of the many that are in the folder."""
    return {name for name in NAMES if server.run_file(name).exists()}


def _shown(page: Page) -> list[str]:
    return [str(line.get_attribute("data-run")) for line in page.locator("#runs-list [data-run]").all()]


def _part(page: Page) -> Locator:
    return page.locator("#runs-pages [role=status]")


def _only_the_crowd(library: Library) -> None:
    library.page.get_by_role("combobox", name="Scenario").select_option(SCENARIO)
    expect(_part(library.page)).to_have_text(f"1–50 of {MANY}")


def test_pages_and_filters_with_the_keyboard_alone(dashboard: DashboardPage, server: LiveServer) -> None:
    page = dashboard.open().page
    page.locator("#runs").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("searchbox", name="Find")
    expect(field).to_be_visible()
    every = len(json.loads(server.get("/api/runs"))["runs"])
    newest = NAMES[::-1]

    def go_to(wanted: Locator) -> None:
        for _ in range(20):
            if wanted.evaluate("(element) => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        expect(wanted).to_be_focused()

    scenario, verdict = page.get_by_role("combobox", name="Scenario"), page.get_by_role("combobox", name="Verdict")
    go_to(scenario)
    page.keyboard.type(SCENARIO)
    expect(scenario).to_have_value(SCENARIO)
    expect(scenario.locator("option:checked")).to_have_text(f"{SCENARIO} ({MANY})")
    expect(_part(page)).to_have_text(f"1–50 of {MANY}")
    expect(page.locator("#runs-words")).to_have_text(f"{MANY} of {every} runs found.")
    assert _shown(page) == newest[:50]

    further = page.locator("#runs-pages").get_by_role("button", name="Next page")
    go_to(further)
    for start, end in ((51, 100), (101, MANY)):
        expect(further).to_have_attribute("aria-disabled", "false")
        page.keyboard.press("Enter")
        expect(_part(page)).to_have_text(f"{start}–{end} of {MANY}")
        assert _shown(page) == newest[start - 1 : end]
        expect(further).to_be_focused()
    expect(further).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")  # leads nowhere, and loses nothing
    expect(further).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(_part(page)).to_have_text(f"51–100 of {MANY}")

    # Another filter begins at its first page; each says of how many runs its values are.
    page.keyboard.press("Shift+Tab")
    order = page.get_by_role("combobox", name="Order")
    expect(order).to_be_focused()
    page.keyboard.type("oldest")
    expect(_part(page)).to_have_text(f"1–50 of {MANY}")
    assert _shown(page) == NAMES[:50]
    page.keyboard.press("Shift+Tab")
    expect(verdict).to_be_focused()
    page.keyboard.type("hopping")
    hopping = NAMES[2::3]
    expect(verdict.locator("option:checked")).to_have_text(f"hopping ({len(hopping)})")
    expect(page.locator("#runs-words")).to_have_text(f"{len(hopping)} of {every} runs found.")
    assert _shown(page) == hopping
    expect(_part(page)).to_be_hidden()  # all on one page
    field.focus()
    page.keyboard.type("seed=5")
    expect(page.locator("#runs-words")).to_have_text(f"1 of {every} runs found.")
    assert _shown(page) == [NAMES[5]]
    page.keyboard.type("x")
    expect(page.locator("#runs-words")).to_have_text(re.compile(f"^None of {every} runs passes all filters"))


def test_all_that_are_found_are_deleted_and_brought_back(library: Library, server: LiveServer) -> None:
    page = library.page
    _only_the_crowd(library)
    bar, words = page.locator("#runs-chosen"), page.locator("#runs-chosen [role=status]")
    expect(bar).to_be_hidden()
    page.get_by_role("combobox", name="Verdict").select_option("collapsed")
    collapsed = NAMES[1::3]
    expect(page.get_by_role("button", name=f"Select all {len(collapsed)}")).to_be_visible()
    library.line(NAMES[1]).get_by_role("checkbox", name=f"Select {SCENARIO}, seed 1").check()
    expect(words).to_have_text("1 run selected.")
    page.get_by_role("button", name="Select all").click()
    expect(words).to_have_text(f"{len(collapsed)} runs selected.")
    page.get_by_role("combobox", name="Verdict").select_option("all")
    expect(words).to_have_text(f"{len(collapsed)} runs selected. {len(collapsed) - 17} of them are not on this page.")
    expect(library.line(NAMES[-1]).get_by_role("checkbox")).to_be_checked()
    expect(library.line(NAMES[-2]).get_by_role("checkbox")).not_to_be_checked()
    library.line(NAMES[-1]).get_by_role("checkbox").uncheck()
    page.get_by_role("combobox", name="Scenario").select_option("all")
    present = _present(server)["id"]
    library.line(present).get_by_role("checkbox").check()

    sent: list[Any] = []

    def note(request: Request) -> None:
        if request.url.endswith("/api/library"):  # there are others, of other things
            sent.append((request.url, request.post_data_json))

    page.on("request", note)
    bar.get_by_role("button", name=f"Delete {len(collapsed)} runs").click()
    line = page.locator("#runs-list .deleted")
    said = f"Deleted {len(collapsed) - 1} runs. They can be brought back while this dialog is open."
    expect(line).to_contain_text(f"{said} 1 left: This run is the one that is open; open another one first.")
    assert _there(server) == {*NAMES} - {*collapsed[:-1]}
    expect(library.line(present)).to_be_visible()
    expect(words).to_have_text("1 run selected.")  # the one that was left
    undo = line.get_by_role("button", name=f"Undo the deletion of {len(collapsed) - 1} runs")
    expect(undo).to_be_focused()
    # It stays at hand wherever one goes meanwhile.
    _only_what_is_left(page, MANY - len(collapsed) + 1)
    page.get_by_role("button", name="Next page").first.click()
    expect(_part(page)).to_contain_text("51–")
    expect(page.locator("#runs-list li").first.get_by_role("button", name="Undo")).to_be_visible()
    undo.press("Enter")
    expect(line).to_have_count(0)
    expect(page.get_by_role("button", name=f"Select all {MANY}")).to_be_focused()
    assert _there(server) == {*NAMES}
    assert [(url.partition("/api")[2], body["do"], len(body["runs"])) for url, body in sent] == [
        ("/library", "delete", len(collapsed)),
        ("/library", "restore", len(collapsed) - 1),
    ]

    # What cannot be deleted is said where it was tried.
    page.get_by_role("combobox", name="Scenario").select_option("all")
    expect(library.line(present)).to_be_visible()
    bar.get_by_role("button", name="Delete 1 run", exact=True).click()
    expect(words).to_have_text("1 left: This run is the one that is open; open another one first.")
    bar.get_by_role("button", name="Select none").click()
    expect(bar).to_be_hidden()
    expect(page.get_by_role("button", name="Select all")).to_be_focused()


def _only_what_is_left(page: Page, count: int) -> None:
    page.get_by_role("combobox", name="Scenario").select_option(SCENARIO)
    expect(_part(page)).to_have_text(f"1–50 of {count}")


def test_one_that_is_deleted_keeps_its_place_and_comes_back_to_it(library: Library, server: LiveServer) -> None:
    page = library.page
    _only_the_crowd(library)
    before = _shown(page)
    third = before[2]
    library.press(third, "Delete")
    expect(_part(page)).to_have_text(f"1–50 of {MANY - 1}")
    assert _shown(page) == [*before, NAMES[MANY - 51]]  # the line in its place is still called by it
    expect(library.line(third)).to_contain_text(f"Deleted “{SCENARIO}, seed {MANY - 3}”.")
    page.keyboard.press("Enter")
    expect(library.line(third).get_by_role("button", name=re.compile("^Open "))).to_be_focused()
    expect(_part(page)).to_have_text(f"1–50 of {MANY}")
    expect(page.locator("#runs-list [data-run]")).to_have_count(50)
    assert _shown(page) == before
    expect(library.line(third).get_by_role("button", name=re.compile("^Open "))).to_be_focused()


def test_files_that_are_still_read_are_asked_for_again(dashboard: DashboardPage, server: LiveServer) -> None:
    """As of a folder of thousands that no server has read before."""
    page, answers = dashboard.open().page, iter((7, 3))

    def some(route: Any) -> None:
        said = json.loads(route.fetch().body())
        left = next(answers, 0)
        route.fulfill(json={**said, "unread": left, "all": said["all"] - left})

    intercept(page, re.compile(r"/api/runs\?.*count=50"), some)
    Library(dashboard).open()
    words = page.locator("#runs-words")
    every = len(json.loads(server.get("/api/runs"))["runs"])
    expect(words).to_contain_text(f"{every} runs, ")
    expect(words).not_to_contain_text("being read")
    assert next(answers, None) is None, "it asked until all were read"
    expect(page.locator("#runs-list [data-run]")).to_have_count(50)
    page.unroute_all(behavior="wait")


def test_axe_finds_no_barrier_and_a_phone_has_room(library: Library, server: LiveServer) -> None:
    page = library.page
    _only_the_crowd(library)
    library.press(NAMES[-1], "Delete")
    library.line(NAMES[-2]).get_by_role("checkbox").check()
    library.line(NAMES[-3]).get_by_role("checkbox").check()
    page.locator("#runs-pages").get_by_role("button", name="Next page").click()
    expect(_part(page)).to_have_text(f"51–100 of {MANY - 1}")
    expect_no_barriers_in_any_look(library.dashboard, ".runs-dialog [role=dialog]")
    width, height = PHONE
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("(width) => innerWidth === width", arg=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for part in ("#runs-find", "#runs-pages", "#runs-pages-below", "#runs-chosen"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert (box["x"] >= 0, box["x"] + box["width"] <= width) == (True, True), part
        assert page.locator(part).evaluate("(element) => element.scrollWidth <= element.clientWidth"), part
    page.get_by_role("button", name="Undo").click()
    expect(library.line(NAMES[-1]).get_by_role("button", name=re.compile("^Open "))).to_be_focused()
    assert _there(server) == {*NAMES}
