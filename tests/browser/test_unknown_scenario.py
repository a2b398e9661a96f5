"""A recorded run whose scenario this version does not know: looked at, gone on with, reset, left for another."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from dashboard_page import DashboardPage
from gan_core.setup.presets import PRESETS
from live_server import ROOT
from page_oracle import brief

STEPS = 40
CHOOSER = "Scenario"


def _put_into(runs: Path, name: str) -> str:
    """A file of a run that was begun as scenario `name`; returns its id."""
    run_id = "20260101-000000-" + ("abcdef" if name == "constructor" else "fedcba")
    path = Path(shutil.copy(ROOT / "tests" / "recorded" / "format-2.sqlite", runs / f"{run_id}.sqlite"))
    with closing(sqlite3.connect(path)) as db:
        recipe = json.loads(db.execute("SELECT value FROM about WHERE name = 'recipe'").fetchone()[0])
        recipe |= {"id": run_id, "preset": name}
        db.execute("UPDATE about SET value = ? WHERE name = 'recipe'", (json.dumps(recipe),))
        db.commit()
    return run_id


def _chooser(page: Page) -> Locator:
    return page.get_by_role("combobox", name=CHOOSER).or_(page.get_by_role("textbox", name=CHOOSER))


def _expect_unfamiliar(page: Page, name: str, *said: str) -> None:
    notice = page.locator('.notice[data-key="unfamiliar"]')
    expect(notice).to_have_count(1)
    for words in (f"does not know the scenario “{name}”", *said):
        expect(notice).to_contain_text(words)
    expect(page.locator("#story-title")).to_have_text(name)
    expect(page.locator("#story")).to_be_hidden()
    expect(_chooser(page)).to_have_value("")
    expect(_chooser(page)).to_have_attribute("placeholder", name)


def test_a_run_of_an_unknown_scenario(dashboard: DashboardPage) -> None:
    page, server = dashboard.page, dashboard.server
    dashboard.watch.allow(server.origin)

    # Looked at.
    for name in ("rings of the future", "constructor"):  # the second is a word of JavaScript's own
        run = _put_into(server.run_file("any").parent, name)
        page.goto(f"{server.origin}/?run={run}")
        expect(dashboard.status).to_have_text(f"Recorded · step {STEPS} of {STEPS}")
        _expect_unfamiliar(page, name, "The run is shown as it was recorded.")
        expect(page).to_have_title(f"{name}, seed 3 · GANscope")
        expect(page.locator("#lr-g-value")).to_have_text(brief(0.0005))

    # Gone on with: the page is up already, and then is loaded anew.
    dashboard.open()
    expect(page.locator('.notice[data-key="unfamiliar"]')).to_have_count(0)
    server.command("open", run=run)
    server.wait_until(lambda status: status["info"]["id"] == run and status["phase"] == "paused")
    dashboard.catch_up()
    _expect_unfamiliar(page, name, "reset and branched off", "cannot be shared as a link")
    dashboard.open()
    _expect_unfamiliar(page, name)
    server.train(5)
    dashboard.catch_up()
    dashboard.expect_step(STEPS + 5)
    page.locator("#lr-g-back").click()  # to what the run began with
    server.wait_until(lambda status: status["values"]["lr_g"]["value"] == 0.0002)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator('.notice[data-key="copied"]')).to_contain_text("This run is not one of the scenarios")
    before = server.metrics()[:20]

    # Reset: the same run again, from its own configuration and values.
    page.locator("#reset").click()
    status = server.wait_until(lambda status: status["info"]["id"] != run and status["step"] == 0)
    assert (status["info"]["preset"], status["info"]["seed"]) == (name, 3)
    assert status["values"]["beta1_d"]["value"] == 0.5
    dashboard.catch_up()
    _expect_unfamiliar(page, name)
    server.train(20)
    assert server.metrics().shape == before.shape

    # Another scenario takes its place, in the chooser too.
    server.open_preset("quick")
    dashboard.catch_up()
    expect(_chooser(page)).to_have_value(PRESETS["quick"].title)
    expect(page.locator("#story-title")).to_have_text(PRESETS["quick"].title)
    expect(page.locator('.notice[data-key="unfamiliar"]')).to_have_count(0)
