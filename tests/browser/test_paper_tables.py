"""A paper's table on the page: set up, trained and filling, by keyboard and on a phone, as the server has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard_page import DESKTOP, PHONE, DashboardPage, Watch
from gan_core.papers.registry import TABLES
from live_server import COARSE, LiveServer
from test_access import expect_no_barriers_in_any_look

LONG = 200_000  # ms: a child process has to start, and to load Dask and torch
TABLE = TABLES["d2l-grid"]
STEPS, SEEDS = 20, 2


@pytest.fixture(scope="module")
def papers() -> Iterator[LiveServer]:
    server = LiveServer("--preset", "blank", "--threads", "1", "--paused", script=COARSE)
    yield server
    server.stop()


@pytest.fixture
def dashboard(page: Page, papers: LiveServer, watch: Watch) -> DashboardPage:
    return DashboardPage(page, papers, watch).open()


def here(window: Locator, way: str) -> Locator:
    """The line of what came of a way."""
    return window.locator(f'tbody[data-way="{way}"] .paper-here')


@pytest.mark.slow
def test_a_table_fills_while_it_is_trained(dashboard: DashboardPage) -> None:
    page, server = dashboard.page, dashboard.server
    page.locator("#sweep").focus()
    page.keyboard.press("Enter")
    set_up = page.locator("#sweep-window").get_by_role("button", name=f"Set up {TABLE.title}")
    set_up.focus()
    page.keyboard.press("Enter")
    form = page.locator("#paper-form")
    expect(form.get_by_role("checkbox")).to_have_count(len(TABLE.trained))
    expect(form.get_by_label("Steps of each run")).to_have_value("2000")
    form.get_by_role("button", name="As the protocol has it: 20,000").press("Enter")
    expect(form.get_by_label("Steps of each run")).to_have_value("20000")
    expect(form.locator("#paper-length")).to_contain_text("The whole protocol, 20,000 steps")
    expect_no_barriers_in_any_look(dashboard, "#paper-form")

    def write(field: str, value: str) -> None:
        form.get_by_label(field).focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(value)

    train = form.get_by_role("button", name="Train", exact=True)
    write("Steps of each run", "20001")
    train.press("Enter")
    expect(form.locator("#paper-error")).to_contain_text("must be a whole number from 1 to 20,000")
    write("Steps of each run", str(STEPS))
    write("Seeds", str(SEEDS))
    for box in form.get_by_role("checkbox").all()[2:]:
        box.press("Space")
    train.press("Enter")

    # All of it is there before any run is done, and keeps its place while it fills.
    paper = page.locator("#paper")
    grid = paper.get_by_role("region", name="In print, and here")
    expect(here(paper, "gan")).to_contain_text("not trained yet")
    expect(here(paper, "gan")).to_contain_text(f"here, 0 of {SEEDS} seeds")
    expect(here(paper, "relativistic")).to_contain_text("not chosen")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    grid.focus()
    grid.evaluate("(box) => (box.scrollLeft = 120)")
    before = grid.element_handle()
    expect(here(paper, "gan")).to_contain_text(re.compile("here, [12] of 2 seeds"), timeout=LONG)
    expect(paper.locator(".sweep-progress")).to_have_text(re.compile("^done · 4 of 4 runs done"), timeout=LONG)
    assert grid.evaluate("(box, before) => box === before && box === document.activeElement", before)
    assert grid.evaluate("(box) => box.scrollLeft") == 120
    assert paper.evaluate("(root) => root.scrollWidth <= root.clientWidth")
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})

    # The cells are those of the server's file, which the command writes.
    (listed,) = json.loads(server.get("/api/tables"))["tables"]
    found = json.loads(server.get(f"/api/tables/{listed['id']}/table.json"))
    for way in found["ways"][:2]:
        cells = here(paper, way["name"]).locator("td")
        for j, column in enumerate(TABLE.columns):
            mean, said = way["here"]["readings"][column.reading], cells.nth(j)
            low = f"{max(mean['low'], 0) * column.scale:.{column.digits}f}" if mean["of"] == SEEDS else ""
            start = f"{mean['value'] * column.scale:.{column.digits}f}" if mean["of"] else "none"
            expect(said).to_have_text(
                re.compile(rf"^{re.escape(start)}" + (rf" \({re.escape(low)} to " if low else ""))
            )
        expect(here(paper, way["name"]).locator(".paper-whose")).to_contain_text(f"here, {SEEDS} of {SEEDS} seeds")
    verdicts = {"holds": "holds", "does not hold": "fails", "undecided": "undecided", "too few seeds": "few"}
    claims = paper.get_by_role("region", name="What is claimed of it").locator("tbody tr")
    for i, claim in enumerate(found["claims"]):
        expect(claims.nth(i).locator("th")).to_have_text(claim["claim"])
        expect(claims.nth(i).locator("[data-verdict]")).to_have_attribute("data-verdict", verdicts[claim["verdict"]])
        expect(claims.nth(i).locator("[data-verdict]")).to_contain_text(claim["verdict"])
        expect(claims.nth(i).locator("td").last).to_have_text(claim["told"])
    expect_no_barriers_in_any_look(dashboard, "#paper")

    # It is in the list to come back to, and can be taken away.
    paper.get_by_role("button", name="All sweeps").press("Enter")
    look = page.locator("#sweep-window").get_by_role("button", name=f"Look {TABLE.title}")
    look.press("Enter")
    paper.get_by_role("button", name="Delete").press("Enter")
    expect(paper.get_by_role("button", name="Keep it")).to_be_focused()
    paper.get_by_role("button", name="Delete it").press("Enter")
    expect(page.get_by_role("heading", name="Papers' tables")).to_be_visible()
    expect(look).to_have_count(0)
    assert json.loads(server.get("/api/tables"))["tables"] == []
