"""Theory beside practice: what the phase plane says, against closed forms and against what the run recorded."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import expect

from dashboard_page import PHONE, DashboardPage
from gan_core.theory import closed_forms as known
from test_access import expect_no_barriers


def test_the_phase_plane_says_what_is_foretold_and_what_is_observed(dashboard: DashboardPage) -> None:
    """Of the Dirac-GAN, h = 0.2; and with R1, which is taken into account at once."""
    server = dashboard.server
    server.open_preset("dirac")
    server.train(60, 60)
    page = dashboard.open().page
    game = page.get_by_role("region", name="Theory beside practice")
    words = page.locator("#game-words")
    factor = known.radius(known.at_once(0.2, known.LOGISTIC, 0.0))
    expect(words).to_contain_text(f"multiplies the distance by {factor:.4f}")
    expect(words).to_contain_text("no step leads to rest")
    expect(words).to_contain_text("0 ± 0.5 i")
    expect(words).to_contain_text("Step 120: θ = ")
    expect(game.get_by_role("img", name=re.compile("^Phase plane"))).to_be_visible()
    said = re.search(r"Step 120: θ = (\S+), ψ = (\S+), (\S+) from", words.inner_text())
    assert said is not None
    theta, psi, distance = (float(x.replace("−", "-")) for x in said.groups())
    assert distance == pytest.approx(math.hypot(theta, psi), rel=0.01)
    there = f"({theta:.2f}, 0.00)"
    expect(page.locator("#samples-callout")).to_contain_text(f"at {there}" + (", beyond the edge" * (abs(theta) > 1)))
    observed = re.search(r"the last 60 steps: (\S+) a step", words.inner_text())  # looks are at 0, 60 and 120
    assert observed is not None
    assert 1 < float(observed[1]) <= factor + 1e-4
    expect_no_barriers(dashboard)

    config = {"penalty": "r1", "optimiser_g": "sgd", "optimiser_d": "sgd"}
    server.command("preset", name="dirac", config=config, values={"penalty_weight": 1.0})
    server.train(5, 5)
    dashboard.catch_up()
    c = known.damping(1.0)
    expect(words).to_contain_text(f"{known.radius(known.in_turn(0.2, known.LOGISTIC, c)):.4f}")
    times = known.threshold_in_turn(known.LOGISTIC, c) / 0.2
    expect(words).to_contain_text(f"less than {times:.3g} times")


def test_the_spectrum_is_computed_at_rest_when_it_is_opened(dashboard: DashboardPage) -> None:
    """By keyboard; of a tiny run that is no game of two numbers there is no phase plane."""
    server = dashboard.server
    server.command("preset", name="blank", config={"generator": "4:relu", "discriminator": "4:relu"})
    server.train(20)
    page = dashboard.open(size=PHONE).page
    summary = page.locator("#game summary")
    expect(page.get_by_role("heading", name="Phase plane")).to_be_hidden()
    assert "spectrum" not in server.newest().arrays  # closed, it costs nothing
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#spectrum-words")).to_contain_text("Step 20: 39 eigenvalues")  # (2 + 1) 4 + (4 + 1) 2 + 12 + 5
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    expect_no_barriers(dashboard)
    server.open_preset("quick")
    dashboard.catch_up()
    expect(page.locator("#game")).to_be_hidden()
