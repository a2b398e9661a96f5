"""One player at a time: D alone, or G alone, for some steps, by keyboard; then both again, and a pause."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard_page import DashboardPage
from gan_core import PRESETS, GANEngine
from gan_core.texts.catalogue import say
from test_access import expect_no_barriers_in_any_look


@pytest.mark.parametrize("player", ["d", "g"])
def test_one_player_is_trained_for_so_many_steps(dashboard: DashboardPage, player: str) -> None:
    server = dashboard.server
    server.train(10)
    page = dashboard.open().page
    page.locator("#more-values summary").click()
    form = page.get_by_role("form", name="Train one player alone")
    form.get_by_role("combobox", name="Train only").select_option(player)
    steps = form.get_by_role("textbox", name="steps")
    steps.fill("7")
    steps.press("Enter")
    dashboard.expect_step(17)
    other = "updates_g" if player == "d" else "updates_d"
    dashboard.until(f"s.changes.length === 2 && s.status.values.{other}.value === 1")
    changes = server.progress().header["changes"]
    assert changes == [[11, other, 1.0, 0.0], [18, other, 0.0, 1.0]]
    assert server.status()["phase"] == "paused"
    # The same steps by an engine of our own, bit for bit.
    engine = GANEngine(PRESETS["quick"], 0, device="cpu", threads=1)
    done = engine.advance(10)
    still = engine.generator if player == "d" else engine.discriminator
    before = still.parameters_flat.clone()
    engine.set(**{other: 0})
    done += engine.advance(7)
    assert bool((still.parameters_flat == before).all())
    expected = np.array([[m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy] for m in done], np.float32)
    assert np.array_equal(server.metrics(), expected)


def test_what_is_no_number_of_steps_is_said_beside_it(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    page.locator("#more-values summary").click()
    form = page.get_by_role("form", name="Train one player alone")
    for text in ("0", "1001", "many"):
        form.get_by_role("textbox").fill(text)
        form.get_by_role("button", name="Train").click()
        expect(form.get_by_role("alert")).to_have_text(say("alone.bad-steps", most=1000))
    assert dashboard.server.status()["step"] == 0
    expect_no_barriers_in_any_look(dashboard, "#more-values")


def test_where_both_move_at_once_there_is_no_such_choice(dashboard: DashboardPage) -> None:
    dashboard.server.command("preset", name="quick", config={"consensus": "1", "penalty": "r1"})
    page = dashboard.open().page
    page.locator("#more-values summary").click()
    expect(page.locator("#instance-noise-control")).to_be_visible()
    expect(page.locator("#alone")).to_be_hidden()
