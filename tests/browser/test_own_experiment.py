"""The experiment as the page has it: altered, shared as a link, reset, and made of entries of a reader's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard_page import DashboardPage
from gan_core.records.readings import PLACE
from gan_core.setup.experiment import Experiment
from gan_core.setup.presets import PRESETS
from gan_core.training.engine import GANEngine
from live_server import ROOT, LiveServer

LAB = str(ROOT / "tests" / "helpers" / "own_lab.py")
CONFIG = {"batch": "64", "generator": "16,24:silu", "noise_steps": "12345"}  # without noise they change nothing
VALUES = {"lr_g": 0.0003, "updates_d": 2}


@pytest.fixture(scope="module")
def running() -> Iterator[LiveServer]:
    server = LiveServer("--preset", "own", "--threads", "1", "--paused", "--with", LAB)
    yield server
    server.stop()


@pytest.fixture
def server(running: LiveServer) -> LiveServer:
    running.command("pause")
    running.open_preset("own")
    return running


def _notice(page: Page, key: str) -> Locator:
    return page.locator(f'.notice[data-key="{key}"]')


def straight(steps: int, seed: int) -> np.ndarray:
    """The oracle: the same experiment without a server, by autograd as there."""
    quick = PRESETS["quick"].altered(CONFIG, VALUES)
    engine = GANEngine(Experiment(quick.config, quick.values), seed, device="cpu", threads=1)
    assert not engine.by_hand
    return np.array([[m.d_loss, m.d_accuracy, m.g_loss, m.g_accuracy] for m in engine.advance(steps)], np.float32)


def test_an_altered_scenario_says_so_and_goes_into_a_link(dashboard: DashboardPage, server: LiveServer) -> None:
    server.command("preset", name="quick", config=CONFIG, values=VALUES)
    server.command("new-seed", seed=5)
    server.train(20)
    np.testing.assert_array_equal(server.metrics(), straight(20, 5))
    page = dashboard.open().page
    dashboard.catch_up()
    said = page.locator("#story-altered")
    expect(said).to_be_visible()
    for words in ("Not as told: generator 16,24:silu:tanh, batch 64", "autograd"):
        expect(said).to_contain_text(words)
    expect(said).to_contain_text("instance noise fades in 12345")
    expect(said).to_contain_text("generator learning rate 0.0003, updates of D in a step 2")

    page.locator("#copy-link").click()
    expect(_notice(page, "copied")).to_contain_text("step 20")
    link = page.url
    for part in ("#v=2&preset=quick", "config.batch=64", "value.lr_g=0.0003", "value.updates_d=2", "seed=5"):
        assert part in link
    # The same from the link, after something else; a reset begins it again, and not the scenario as it is told.
    server.open_preset("own")
    page.goto("about:blank")
    dashboard.watch.allow(server.origin)
    page.goto(link.replace("value.updates_d=2", "config.updates=2%3A1"))  # as it was written once
    server.wait_until(lambda s: s["step"] == 20 and s["goal"] is None and s["info"]["preset"] == "quick")
    np.testing.assert_array_equal(server.metrics(), straight(20, 5))
    dashboard.catch_up()
    expect(_notice(page, "link")).to_have_count(0)
    run = server.status()["info"]["run"]
    page.locator("#reset").click()
    server.wait_until(lambda s: s["info"]["run"] != run and s["step"] == 0)
    server.train(5)
    np.testing.assert_array_equal(server.metrics(), straight(5, 5))
    # Back to the scenario.
    dashboard.catch_up()
    page.get_by_role("button", name="Begin the scenario as it is told").or_(page.locator("#as-told")).first.click()
    server.wait_until(lambda s: s["info"]["config"]["batch"] == 256)
    dashboard.catch_up()
    expect(said).to_be_hidden()


def test_what_cannot_be_in_a_link_is_named(dashboard: DashboardPage, server: LiveServer) -> None:
    page = dashboard.open().page
    dashboard.watch.tolerate("409 (CONFLICT)")
    run = server.status()["info"]["run"]
    odd = "config.widht=3&value.lr_g=7&value.lr_q=1&config.batch=64"
    page.evaluate(f"location.hash = '#v=2&preset=quick&{odd}&seed=3&step=2'")
    server.wait_until(lambda s: s["info"]["config"]["batch"] == 64 and s["step"] == 2)
    said = _notice(page, "link")
    for words in ("“config.widht” is not known", "lr_g of “7” is out of range", "“value.lr_q=1” is not understood"):
        expect(said).to_contain_text(words)
    assert server.status()["info"]["run"] != run
    # What only the server can tell is its sentence, and the present run stays.
    run = server.status()["info"]["run"]
    page.evaluate("location.hash = '#v=2&preset=quick&config.target=rings&seed=3&step=2'")
    expect(said).to_contain_text("The link's run could not be re-run. There is no target 'rings'; there are spiral")
    assert server.status()["info"]["run"] == run


def test_entries_of_a_reader_s_own_are_on_the_page(dashboard: DashboardPage, server: LiveServer) -> None:
    server.train(40)
    page = dashboard.open().page
    dashboard.catch_up()
    dashboard.expect_step(40)
    expect(page.locator("#story-title")).to_have_text("All of one's own")
    expect(page.locator("#story-altered")).to_contain_text("autograd")
    expect(page.locator("#story-altered-words")).to_be_empty()  # it is as it is told, numbers that are usual included
    # The view that the scenario begins with, and why others are not to be had.
    expect(page.locator("#metrics-panel-title")).to_have_text("Spread of the fakes")
    for name, why in (
        ("strata", "This target does not say what the parts of its data are."),
        ("blame", "What this D says is no probability."),
    ):
        expect(page.locator(f"#curves-view-{name}")).to_be_disabled()
        expect(page.locator(f"label[for=curves-view-{name}]")).to_have_attribute("title", why)
    # What needs a sample of the data alone is there: a look says how good the fakes are.
    page.locator("label[for=curves-view-quality]").click()
    expect(page.locator("#metrics-panel-title")).to_have_text("Precision, recall")
    said = server.envelope("/api/progress?readings=0").arrays["readings"]
    assert np.isfinite(said[:, [PLACE[name] for name in ("precision", "recall", "neighbour_coverage")]]).all()
    assert np.isnan(said[:, PLACE["coverage"]]).all()
    # A panel more: its figure, with a head like the others'.
    expect(page.locator(".card")).to_have_count(5)
    expect(page.locator("#own-panel-panel-title")).to_have_text("A panel of one's own")
    expect(page.locator("#own-panel-panel .scatterlayer .trace")).to_have_count(1)
    # They can be chosen in the panel of experiments, by their bare names where they came without words.
    page.locator("#experiment-fold").click()
    for field, name in (("penalty", "own-flat"), ("objective", "own-score"), ("generator", "own-silu")):
        select = page.locator(f'#experiment [data-field="{field}"] select').first
        expect(select).to_have_value(name)
        expect(select.locator("option:checked")).to_have_text(name)
    half = page.get_by_label("own-diagonal: half")
    expect(half).to_have_value("0.8")
    half.fill("2")
    expect(half).to_have_accessible_description(re.compile("half must be a number from 0.1 to 1"))
    page.get_by_role("button", name="Put back").click()
    page.locator("#experiment-fold").click()
    # The lens: its map is what its arrays say.
    page.evaluate("dash_clientside.lens.choose('discriminator', 'own-far')")
    dashboard.until("s.shown && s.shown.own_far")
    expect(page.locator("#discriminator-panel-title")).to_have_text("How far")
    held = page.evaluate("[...dash_clientside.lens.mapOf('discriminator', dash_clientside.state.shown).bytes]")
    side = round(len(held) ** 0.5)
    along = (np.arange(side) + 0.5) * 2 / side - 1
    expected = np.round(254 * np.hypot(*np.meshgrid(along, along)) / 2**0.5)
    np.testing.assert_allclose(np.array(held).reshape(side, side), expected, atol=1)
    for panel, name in (("discriminator", "difference"), ("samples", "pull"), ("latent", "tears")):
        page.evaluate(f"dash_clientside.lens.choose('{panel}', '{name}')")
        assert page.evaluate(f"dash_clientside.lens.chosen('{panel}').name") != name
