"""Runs whose D gives scores: maps and lines across the losses of their own, what needs a probability greyed out."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from dashboard_page import DashboardPage
from gan_core.setup.experiment import Experiment
from gan_core.setup.presets import PRESETS
from gan_core.texts.catalogue import say
from gan_core.training.engine import GANEngine

CONFIG = {
    "target": "ring",
    "objective": "least-squares",
    "penalty": "r1",
    "generator": "32,32:relu:linear",
    "discriminator": "32,32:relu",
    "batch": "64",
    "ema": "0.9",
}


def test_a_critic_is_shown_as_it_is(dashboard: DashboardPage) -> None:
    """Under the cursor the score that D has there, computed apart; lines where the best D would pay less."""
    server = dashboard.server
    server.command("preset", name="quick", config=CONFIG, values={"penalty_weight": 0.2})
    server.command("pause")
    step = server.train(60)
    page = dashboard.open().page
    dashboard.expect_step(step)
    dashboard.until("s.shown.resolution === 100")  # what the cursor reads is one cell's
    quick = PRESETS["quick"]
    begun = Experiment(quick.config.changed(CONFIG), quick.values.changed({"penalty_weight": 0.2}))
    engine = GANEngine(begun, server.status()["info"]["seed"], device="cpu", precision="float32", threads=1)
    engine.advance(step)

    dashboard.point("discriminator", 0.3, -0.4)
    words = dashboard.words("discriminator")
    said = next(word for word in words if word.startswith("D(x) = "))
    x, y = map(float, re.findall(r"-?\d\.\d+", next(word for word in words if "(" in word and "D" not in word)))
    with torch.no_grad():
        there = engine.discriminator(torch.tensor([[x, y]])).item()
    level, reach = page.evaluate("dash_clientside.state.shown.score")
    assert level == pytest.approx(0.5)  # halfway between the labels 0 and 1
    assert float(said.removeprefix("D(x) = ").replace("\u2212", "-")) == pytest.approx(there, abs=reach / 100)
    expect(dashboard.panel("discriminator")).to_contain_text("higher score")

    # 1/2 of p q / (p + q), at one and at four of eight modes, and where all are there.
    for line in ("0.0556: best D at 1 of 8 modes", "0.167: best D at 4 of 8 modes", "0.25: D cannot tell"):
        expect(dashboard.panel("metrics")).to_contain_text(line)
    expect(page.locator("#curves-view")).to_contain_text("Modes")
    for name in ("Blame", "Pull"):
        expect(page.get_by_role("radio", name=name)).to_be_disabled()
    # Points of a ring are drawn afresh: what asks for copies is no choice here, and the help says why.
    expect(page.get_by_role("radio", name="Memory")).to_have_count(0)
    page.locator("#about-metrics").click()
    expect(page.locator("#about-metrics-words")).to_contain_text(say("why-not.held_out"))
    page.keyboard.press("Escape")

    # The weight of the penalty has a slider here, and the mean of G's weights a picture.
    expect(page.locator("#penalty-weight-value")).to_have_text("0.2")
    page.get_by_role("radio", name="Mean").check(force=True)
    dashboard.until("s.shown.mean && s.shown.mean.length > 0")
    mean = np.array(page.evaluate("Array.from(dash_clientside.state.shown.mean)")).reshape(-1, 2) / 32767
    engine.generator.parameters_flat.copy_(engine.ema)
    latents = dashboard.page.evaluate("Array.from(dash_clientside.state.points.latents)")
    z = torch.tensor(np.array(latents).reshape(-1, 2)[: len(mean)] / 32767, dtype=torch.float32)
    with torch.no_grad():
        expected = engine.generator(z).clamp(-1, 1).numpy()
    np.testing.assert_allclose(mean, expected, atol=2e-3)


def test_the_article_has_none_of_it(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    expect(page.locator("#penalty-weight-control")).to_be_hidden()
    expect(dashboard.panel("metrics")).to_contain_text("ln 2: D cannot tell")
    expect(page.get_by_role("radio", name="Mean")).to_be_disabled()
