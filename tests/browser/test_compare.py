"""A recorded run that is looked at, and two of them beside each other: against what was trained, and by each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from dashboard_page import DESKTOP, PANELS, PHONE, SQUARE, DashboardPage, Watch
from live_server import Envelope, LiveServer
from page_oracle import EXTENT, POINT, distances, nearest_kept


@dataclass(frozen=True, eq=False)
class Run:
    """A run, and what the live session said of it while it was trained."""

    id: str
    kept: list[int]
    metrics: npt.NDArray[np.float32]
    frames: dict[int, Envelope]

    @property
    def last(self) -> int:
        return self.kept[-1]


def _train(server: LiveServer, changes: dict[int, dict[str, float]], last: int) -> Run:
    """Train to step `last` with a frame every 20 steps; `changes` are made after their step."""
    frames = {0: server.frame(0)}
    for step in range(20, last + 1, 20):
        server.train(20)
        frames[step] = server.frame(step)
        if step in changes:
            server.command("set", values=changes[step])
    run = Run(server.status()["info"]["id"], server.kept(), server.metrics(), frames)
    server.wait_until(lambda _: _recorded(server, run.id) == last)
    return run


def _recorded(server: LiveServer, run_id: str) -> int | None:
    """The last step in a run's file; None while there is no file."""
    runs = json.loads(server.get("/api/runs"))["runs"]
    return next((int(run["steps"]) for run in runs if run["id"] == run_id), None)


@dataclass(frozen=True, eq=False)
class Runs:
    long: Run  # seed 0, two values changed on the way
    short: Run  # seed 3, nothing changed
    twin: Run  # as `short`, but for the seed


@pytest.fixture(scope="module")
def runs(coarse_server: LiveServer) -> Runs:
    server = coarse_server
    server.put_into_known_state()
    long = _train(server, {40: {"lr_g": 0.001}, 100: {"lr_g": 0.005, "beta1_d": 0.25}}, 160)
    server.command("new-seed", seed=3)
    short = _train(server, {}, 80)
    server.command("new-seed", seed=4)
    return Runs(long, short, _train(server, {}, 80))


# -- one run ---------------------------------------------------------------------------------------------------------


def _view(dashboard: DashboardPage, run_id: str) -> DashboardPage:
    dashboard.watch.allow(dashboard.server.origin)
    dashboard.page.goto(f"{dashboard.server.origin}/?run={run_id}")
    return dashboard


def _until_at_the_end(dashboard: DashboardPage, run: Run) -> None:
    dashboard.until("s.shown && s.shown.step === argument && dash_clientside.rows.count() === argument", run.last)
    dashboard.expect_step(run.last)


def _expect_in_force(dashboard: DashboardPage, slider: str, value: str, since: int) -> None:
    page = dashboard.page
    expect(page.locator(f"#{slider}-value")).to_have_text(value)
    expect(page.locator(f"#{slider}-since")).to_have_text(f"from step {since}")
    expect(page.locator(f"#{slider}-input")).to_have_value(value)


def test_a_recorded_run_shows_what_the_live_one_showed(dashboard: DashboardPage, runs: Runs) -> None:
    run = runs.long
    page = _view(dashboard.without_reruns(), run.id).page
    _until_at_the_end(dashboard, run)
    expect(dashboard.status).to_have_text("Recorded · step 160 of 160")
    expect(page.locator("#run-words")).to_contain_text("seed 0 · cpu")
    expect(page.locator("#kept-frames")).to_have_text(f"{len(run.kept)} frames kept")
    dashboard.expect_numbers(160, run.metrics[159].tolist())
    for step, lr_g, beta1_d in (
        (140, ("0.005", 101), ("0.25", 101)),
        (100, ("0.001", 41), ("0.5", 1)),
        (40, ("0.0002", 1), ("0.5", 1)),
        (0, ("0.0002", 1), ("0.5", 1)),
    ):
        page.evaluate("(step) => dash_clientside.timeline.goToStep(step)", step)
        dashboard.expect_step(step, SQUARE)
        expect(dashboard.status).to_have_text(f"Recorded · step {step} of 160")
        live, shown = run.frames[step].arrays, dashboard.shown("fakes", "sample_map", "latent_map")
        fakes = live["fakes"].ravel()
        both = min(len(shown["fakes"]), len(fakes))  # what is kept may be the quick look, which has fewer of the points
        np.testing.assert_array_equal(shown["fakes"][:both], fakes[:both])
        assert both >= 2 * 500
        for name in ("sample_map", "latent_map"):
            if shown[name].size == live[name].size:
                np.testing.assert_array_equal(shown[name], live[name].ravel())
        _expect_in_force(dashboard, "lr-g", *lr_g)
        _expect_in_force(dashboard, "beta1-d", *beta1_d)
        if step:
            dashboard.expect_numbers(step, run.metrics[step - 1].tolist())
    changes = page.evaluate("dash_clientside.state.changes")
    assert changes == [[41, "lr_g", 0.0002, 0.001], [101, "lr_g", 0.001, 0.005], [101, "beta1_d", 0.5, 0.25]]


def test_a_recorded_run_cannot_be_steered(dashboard: DashboardPage, runs: Runs) -> None:
    page = _view(dashboard, runs.long.id).page
    _until_at_the_end(dashboard, runs.long)
    before = dashboard.server.status()
    for slider in ("lr-g", "lr-d", "beta1-g", "beta1-d"):
        expect(page.locator(f"#{slider}-input")).to_be_disabled()
        expect(page.locator(f"#{slider}-back")).to_be_hidden()
        page.locator(f"#{slider}").dblclick(force=True)
        page.locator(f"#{slider}").click(force=True, position={"x": 20, "y": 5})
    for hidden in ("play-pause", "step-once", "reset", "new-seed", "pace", "looking-share"):
        expect(page.locator(f"#{hidden}")).to_be_hidden()
    expect(page.locator("#preset")).to_be_disabled()
    for key in (".", "r"):
        page.locator("body").press(key)
    page.evaluate("dash_clientside.timeline.goToStep(0)")
    page.evaluate(
        """() => {
            const replay = document.getElementById("replay");
            window.pressed = [];
            const note = () => pressed.push(replay.getAttribute("aria-pressed"));
            new MutationObserver(note).observe(replay, { attributeFilter: ["aria-pressed"] });
        }"""
    )
    page.locator("body").press(" ")
    dashboard.until("window.pressed.join() === 'true,false'")
    dashboard.expect_step(160)
    page.evaluate("dash_clientside.timeline.goToStep(60)")
    dashboard.expect_step(60)
    end = page.get_by_role("button", name="End: Go to the last recorded step")
    end.click()
    dashboard.expect_step(160)
    _expect_in_force(dashboard, "lr-g", "0.005", 101)
    assert dashboard.watch.commands == []
    after = dashboard.server.status()
    assert [after[name] for name in ("step", "changes", "phase")] == [before[n] for n in ("step", "changes", "phase")]

    page.get_by_role("link", name="To the live run").click()
    expect(dashboard.status).to_have_text("Paused · step 0")
    expect(page.locator("#play-pause")).to_be_visible()
    expect(page.locator("#to-live")).to_be_hidden()


def test_a_recorded_run_has_its_name_and_its_own_keys(dashboard: DashboardPage, runs: Runs) -> None:
    page = _view(dashboard, runs.long.id).page
    _until_at_the_end(dashboard, runs.long)
    expect(page).to_have_title("Quick (small networks), seed 0 · GANscope")
    expect(page.locator("#run-words")).to_have_text(re.compile("^seed 0 · "))
    for title in ("<b>Mine</b>", ""):
        page.evaluate("([id, title]) => dash_clientside.runs.act(id, {do: 'rename', title})", [runs.long.id, title])
        named = f"“{title}” · " if title else ""
        expect(page.locator("#run-words")).to_have_text(re.compile(f"^{named}seed 0 · "))
        expect(page).to_have_title(f"{title or 'Quick (small networks), seed 0'} · GANscope")
    page.evaluate("dash_clientside.timeline.goToStep(60)")
    dashboard.expect_step(60)
    for key in (".", "r", "c"):
        page.keyboard.press(key)
    expect(dashboard.status).to_have_text("Recorded · step 60 of 160")
    page.keyboard.press("?")
    page.get_by_role("dialog").locator("summary", has_text=re.compile("^Keys$")).click()
    row = page.get_by_role("dialog").get_by_role("row")
    expect(row.filter(has_text="Space")).to_have_text("Spaceplay the kept frames, or stop them")
    expect(row.filter(has_text="Home")).to_have_text("Home, Endfirst step, last recorded step")
    for gone in ("train one step", "the same run again", "copy a link"):
        expect(row.filter(has_text=gone)).to_be_hidden()


def test_a_recorded_run_that_grows(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(20)
    page = _view(dashboard, server.status()["info"]["id"]).page
    expect(dashboard.status).to_have_text("Recorded · step 20 of 20")
    server.train(20)
    expect(dashboard.status).to_have_text("Recorded · step 40 of 40")
    dashboard.expect_step(40)
    page.evaluate("dash_clientside.timeline.goToStep(20)")
    dashboard.expect_step(20)
    server.train(20)
    expect(dashboard.status).to_have_text("Recorded · step 20 of 60")
    server.command("preset", name="quick")  # another run begins: this one stays as it is
    server.train(5)
    page.reload()
    expect(dashboard.status).to_have_text("Recorded · step 60 of 60")


@pytest.fixture
def damaged(coarse_server: LiveServer) -> Iterator[str]:
    """The id of a file that is none of ours."""
    path = Path(json.loads(coarse_server.get("/api/runs"))["folder"]) / "20200101-000000-damaged.sqlite"
    path.write_bytes(b"no run at all" * 1000)
    yield path.stem
    path.unlink()


def test_a_run_that_cannot_be_shown(dashboard: DashboardPage, damaged: str) -> None:
    page, watch = dashboard.page, dashboard.watch
    watch.tolerate("Failed to load resource")
    for name, sentence in (
        ("20200101-000000-nothere", "There is no such run; it may have been deleted."),
        (damaged, ""),
        ("..", "Its address names no run."),
        ("a%2F..%2F..%2Fpoints", "Its address names no run."),
        ("", "Its address names no run."),
    ):
        _view(dashboard, name)
        banner = page.locator("#failure")
        expect(banner).to_have_text(re.compile(r"^This run cannot be shown\. .+\.$"))
        expect(banner).to_contain_text(sentence)
        expect(page.locator("#panels")).to_be_hidden()
        expect(dashboard.status).to_have_text("Nothing to show")
        page.goto("about:blank")
    assert watch.commands == []


# -- two beside each other -------------------------------------------------------------------------------------------


class Pair:
    """The page with two runs, and each of its frames as a page of its own."""

    def __init__(self, page: Page, server: LiveServer, watch: Watch) -> None:
        self.page, self.server, self.watch = page, server, watch

    def open(self, a: Run, b: Run, size: tuple[int, int] = DESKTOP, scheme: Any = "light") -> list[DashboardPage]:
        """Both sides, once they show the ends of their runs."""
        self.watch.allow(self.server.origin)
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme=scheme)
        self.page.goto(f"{self.server.origin}/compare?a={a.id}&b={b.id}")
        sides = []
        for i, run in enumerate((a, b)):
            handle = self.page.locator("iframe").nth(i).element_handle()
            frame: Any = handle.content_frame()
            side = DashboardPage(frame, self.server, self.watch)
            frame.wait_for_load_state()
            _until_at_the_end(side, run)
            sides.append(side)
        return sides

    @property
    def words(self) -> Locator:
        return self.page.locator("#compare-words")

    def differences(self) -> dict[str, list[str]]:
        rows = self.page.locator("#differences tbody tr").all()
        return {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows}

    def point(self, side: DashboardPage, name: str, x: float, y: float) -> None:
        """Move the mouse over one side's panel, to shares of its width and height."""
        box = side.layer(name).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

    def leave(self) -> None:
        self.page.mouse.move(400, 20)


@pytest.fixture
def pair(page: Page, server: LiveServer, watch: Watch) -> Pair:
    return Pair(page, server, watch)


def test_the_differences_are_those_that_were_made(pair: Pair, runs: Runs) -> None:
    pair.open(runs.long, runs.short)
    expect(pair.words).to_have_text("3 settings differ.")
    assert pair.differences() == {
        "Seed": ["0", "3"],
        "Generator learning rate": ["0.0002 → 0.001 at step 41 → 0.005 at step 101", "0.0002"],
        "Discriminator beta1": ["0.5 → 0.25 at step 101", "0.5"],
    }
    names = pair.page.locator("#differences thead .name")
    expect(names).to_have_text(["Quick (small networks), seed 0", "Quick (small networks), seed 3"])
    pair.open(runs.short, runs.twin)
    expect(pair.words).to_have_text("No difference but the seed.")
    assert pair.differences() == {"Seed": ["3", "4"]}
    pair.open(runs.short, runs.short)
    expect(pair.words).to_have_text("No difference in settings.")


def test_the_live_run_beside_an_older_one(pair: Pair, runs: Runs) -> None:
    server = pair.server
    server.command("preset", name="better")
    server.command("new-seed", seed=3)
    server.train(2)
    live = Run(server.status()["info"]["id"], [0, 2], server.metrics(), {})
    server.wait_until(lambda _: _recorded(server, live.id) == 2)
    _, newer = pair.open(runs.short, live)
    info = server.status()["info"]
    other = {} if info["precision"] == "float32" else {"Precision": ["float32", info["precision"]]}
    expect(pair.words).to_have_text(f"{4 + len(other)} settings differ.")
    expect(pair.page.locator("#differences thead .about").nth(1)).to_have_text("the live run")
    assert pair.differences() == {
        "Scenario": ["Quick (small networks)", "A better solution"],
        "Generator": [f"{units}:leaky-relu(slope=0.1):tanh" for units in ("128,128,128", "512,512,512")],
        "Discriminator": [f"{units}:leaky-relu(slope=0.1):linear" for units in ("128,128,128", "512,512,512")],
        "Batch": ["256", "512"],
        **other,
    }
    server.command("set", values={"lr_d": 0.01})
    expect(pair.words).to_have_text(f"{5 + len(other)} settings differ.")
    assert pair.differences()["Discriminator learning rate"] == ["0.001", "0.001 → 0.01 at step 3"]
    # Many changes are told in short: the first ones and the last.
    for value in (0.02, 0.03, 0.04, 0.05, 0.06):
        server.train(1)
        server.command("set", values={"lr_d": value})
    words = "0.001 → 0.01 at step 3 → 0.02 at step 4 → 0.03 at step 5 … 2 more … → 0.06 at step 8"
    expect(pair.page.locator("#differences")).to_contain_text(words)
    expect(newer.status).to_have_text("Recorded · step 7 of 7")
    newer.expect_step(7)


def _expect_steps(sides: list[DashboardPage], *steps: int) -> None:
    for side, step in zip(sides, steps, strict=True):
        side.expect_step(step, SQUARE)


def test_the_steps_are_linked(pair: Pair, runs: Runs) -> None:
    sides = pair.open(runs.long, runs.short)
    long, short = sides
    expect(long.status).to_have_text("Recorded · step 160 of 160")
    expect(short.status).to_have_text("Recorded · step 80 of 80")

    long.page.evaluate("dash_clientside.timeline.goToStep(40)")
    _expect_steps(sides, 40, 40)
    expect(short.status).to_have_text("Recorded · step 40 of 80")
    short.page.evaluate("dash_clientside.timeline.goToStep(60)")
    _expect_steps(sides, 60, 60)
    long.page.evaluate("dash_clientside.timeline.goToStep(120)")
    _expect_steps(sides, 120, 80)
    # A page that comes later asks where the other one is.
    short.page.evaluate("location.reload()")
    expect(short.status).to_contain_text("the other is at step 120")
    long.page.evaluate("dash_clientside.timeline.goToStep(40)")
    _expect_steps(sides, 40, 40)
    short.page.evaluate("location.reload()")
    _expect_steps(sides, 40, 40)
    long.page.evaluate("dash_clientside.timeline.goToStep(120)")
    _expect_steps(sides, 120, 80)
    expect(short.status).to_have_text("Recorded · step 80 of 80 · ends here; the other is at step 120")
    short.page.locator("#follow-live").click()
    _expect_steps(sides, 80, 80)
    expect(short.status).to_have_text("Recorded · step 80 of 80")
    long.page.locator("#follow-live").click()
    _expect_steps(sides, 160, 80)
    expect(short.status).to_have_text("Recorded · step 80 of 80 · ends here; the other is at step 160")

    # The handle is dragged to its beginning; replay takes both to their ends.
    rail = long.page.locator("#timeline").bounding_box()
    assert rail is not None
    y = rail["y"] + rail["height"] / 2
    pair.page.mouse.move(rail["x"] + rail["width"] / 2, y)
    pair.page.mouse.down()
    expect(short.status).not_to_contain_text("160")
    pair.page.mouse.move(rail["x"] - 5, y)
    _expect_steps(sides, 0, 0)
    pair.page.mouse.up()
    pair.leave()
    _expect_steps(sides, 0, 0)
    long.page.locator("#replay").click()
    _expect_steps(sides, 160, 80)


def test_a_preview_is_linked(pair: Pair, runs: Runs) -> None:
    sides = pair.open(runs.long, runs.short)
    long, short = sides
    short.page.evaluate("dash_clientside.timeline.goToStep(20)")
    _expect_steps(sides, 20, 20)
    for pointed, other, at in ((long, short, 0.08), (short, long, 0.11), (long, short, 0.25)):
        pair.point(pointed, "metrics", at, 0.5)
        pointed.until("s.view.preview !== null")
        step = int(pointed.page.evaluate("dash_clientside.state.view.preview"))
        for side, run in ((long, runs.long), (short, runs.short)):
            side.expect_step(nearest_kept(run.kept, min(step, run.last)), SQUARE)
            side.expect_step(min(step, run.last), ("metrics",))
            expect(side.cursor("metrics")).to_have_attribute("data-x", str(min(step, run.last)))
        if step > runs.short.last:
            expect(short.status).to_contain_text(f"ends here; the other is at step {step}")
        row = runs.long if other is long else runs.short
        step = min(step, row.last)
        other.expect_numbers(step, row.metrics[step - 1].tolist())
        pair.leave()
        _expect_steps(sides, 20, 20)
        for side in sides:
            expect(side.cursor("metrics")).to_be_hidden()
    assert runs.short.last < 0.25 * 600  # so that one of the previews was beyond the shorter run's end


def test_the_cursors_are_linked(pair: Pair, runs: Runs) -> None:
    sides = pair.open(runs.long, runs.short)
    both = [(sides[0], runs.long), (sides[1], runs.short)]
    for (one, _), (other, run) in (both, both[::-1]):
        fakes = pair.server.envelope(f"/api/runs/{run.id}/frame/{run.last}").arrays["fakes"]
        latents = pair.server.envelope(f"/api/runs/{run.id}/points").arrays["latents"]
        for name in ("samples", "discriminator", "latent"):
            pair.point(one, name, 0.3, 0.4)
            expect(one.cursor(name)).to_be_visible()
            expect(other.cursor(name)).to_be_visible()
            x, y = one.cursor_data(name)
            assert [x, y] == pytest.approx([-0.4 * EXTENT, 0.2 * EXTENT], abs=0.02)
            other.until(
                "document.querySelector(`#${argument[0]}-panel .cursor`).dataset.x === argument[1]", [name, str(x)]
            )
            assert other.cursor_data(name) == (x, y)
            if name == "samples":  # what it says and shows there is of its own run
                apart = distances(fakes, x, y)
                z = latents[int(apart.argmin())] / POINT
                other.next_frame()
                assert other.cursor_data("latent") == pytest.approx(z.tolist(), abs=1e-6)
                assert float(other.words("samples")[1].split()[-1]) == pytest.approx(apart.min(), abs=5.1e-4)
        pair.leave()
        for side in sides:
            for name in SQUARE:
                expect(side.cursor(name)).to_be_hidden()


def test_from_one_run_over_to_the_other_the_pointer_keeps_its_cursor(pair: Pair, runs: Runs) -> None:
    sides = pair.open(runs.long, runs.short)
    for _ in range(5):
        for one, other in (sides, sides[::-1]):
            pair.point(one, "samples", 0.6, 0.7)
            expect(one.cursor("samples")).to_be_visible()
            x, _y = one.cursor_data("samples")
            expect(other.cursor("samples")).to_have_attribute("data-x", str(x))
            one.next_frame()
            other.next_frame()
            expect(one.cursor("samples")).to_be_visible()


def test_with_the_keyboard(pair: Pair, runs: Runs) -> None:
    sides = pair.open(runs.long, runs.short)
    page = pair.page
    page.locator("body").press("Home")  # outside both frames
    _expect_steps(sides, 0, 0)
    page.locator("body").press("End")
    _expect_steps(sides, 160, 80)
    sides[1].page.locator("#panels").focus()
    page.keyboard.press("Home")
    _expect_steps(sides, 0, 0)
    sides[1].layer("latent").focus()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowRight")
    for side in sides:
        expect(side.cursor("latent")).to_have_attribute("data-x", "0.02")
        expect(side.cursor("latent")).to_have_attribute("data-y", "0.1")
    page.keyboard.press("Escape")
    for side in sides:
        expect(side.cursor("latent")).to_be_hidden()
    assert pair.watch.commands == []


def test_only_the_page_around_is_obeyed(pair: Pair, runs: Runs) -> None:
    sides = pair.open(runs.long, runs.short)
    message = {"kind": "view", "step": 20, "preview": None}
    sides[0].page.evaluate("(message) => window.postMessage(message, '*')", message)  # from itself
    pair.page.evaluate("(message) => window.postMessage(message, '*')", message)
    for kind in ("constructor", "toString", "nothing", None):
        pair.page.evaluate("(kind) => window[0].postMessage({ kind }, '*')", kind)
    for side in sides:
        side.next_frame()
    _expect_steps(sides, 160, 80)
    pair.page.evaluate("(message) => window[0].postMessage(message, location.origin)", message)
    sides[0].expect_step(20)


def test_which_runs_there_are_to_choose_from(pair: Pair, runs: Runs, damaged: str) -> None:
    page, origin = pair.page, pair.server.origin
    pair.watch.allow(origin)
    known = f"/compare?a={runs.long.id}&b={runs.short.id}"
    for address, sentence in (
        ("/compare", "Choose the first of two runs."),
        ("/compare?b=nothere", "There is no run called “nothere”. Choose the first of two runs."),
        (f"/compare?a={damaged}", f"The run {damaged} cannot be shown: "),
        (f"/compare?a={runs.long.id}", "Choose a run to put beside Quick (small networks), seed 0."),
        (f"/compare?a={runs.long.id}&b=%3Cb%3E", "There is no run called “<b>”. Choose a run to put beside"),
        (f"/compare?b={runs.short.id}", "Choose a run to put beside Quick (small networks), seed 3."),
    ):
        page.goto(origin + address)
        expect(page.get_by_role("alert")).to_contain_text(sentence)
        expect(page.locator("iframe")).to_have_count(0)
        listed = json.loads(pair.server.get("/api/runs"))["runs"]
        links = page.locator("#compare a")
        expect(links).to_have_count(len(listed) - 1 - ("a=2" in address or "b=2" in address) + (damaged in address))
        if runs.long.id in address or runs.short.id in address:
            assert known in links.evaluate_all("(all) => all.map((link) => link.getAttribute('href'))")
    page.locator(f'#compare a[href="{known}"]').click()
    expect(page.locator("iframe")).to_have_count(2)
    page.get_by_role("link", name="Another run instead of Quick (small networks), seed 0").click()
    expect(page.get_by_role("alert")).to_have_text("Choose a run to put beside Quick (small networks), seed 3.")


# Losses so high that the curves leave the panel, which the numbers beside them say in words.
_OFF_SCALE = """() => {
    const { rows, numbers } = dash_clientside;
    rows.valuesAt = (step) => ({ step, values: [3.4, 0.5, 5.6, 0.5] });
    numbers.show(1);
}"""


def test_all_panels_of_both_fit_a_screen_and_bar_nobody(pair: Pair, runs: Runs) -> None:
    sides = pair.open(runs.long, runs.short, scheme="dark")
    page = pair.page
    for side in sides:
        footer = side.page.locator(".footer").bounding_box()
        assert footer is not None
        side.page.evaluate(_OFF_SCALE)
        expect(side.page.locator("#metrics-panel-notes dd").nth(2)).to_have_text("5.6000 ▲ off scale")
        boxes = [side.layer(name).bounding_box() for name in PANELS]
        assert all(box is not None and box["y"] + box["height"] < footer["y"] for box in boxes)
        assert all(box is not None and min(box["width"], box["height"]) > 150 for box in boxes)
        inside = (
            "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
        )
        assert side.page.evaluate(inside)
    pair.point(sides[0], "samples", 0.5, 0.5)
    expect(sides[1].cursor("samples")).to_be_visible()
    toggle = page.get_by_role("button", name="Switch between light and dark")
    places: list[Any] = [page, *(side.page for side in sides)]
    for scheme in ("dark", "light"):
        for place in places:
            expect(place.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            found = Axe().run(place).response["violations"]
            assert [f for f in found if f["impact"] in ("serious", "critical")] == [], scheme
        toggle.click()
    for place in places:
        expect(place.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


def test_stacked_on_a_phone_and_scrolled_together(pair: Pair, runs: Runs) -> None:
    sides = pair.open(runs.long, runs.short, size=PHONE)
    boxes = [pair.page.locator("iframe").nth(i).bounding_box() for i in range(2)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    assert all(box is not None and box["width"] == PHONE[0] for box in boxes)
    assert pair.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for one, other, top in ((*sides, 300), (*sides[::-1], 100)):
        assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        one.page.evaluate("(top) => scrollTo({ top, behavior: 'instant' })", top)
        other.until("Math.abs(scrollY - argument) < 1", top)
        assert one.page.evaluate("scrollY") == top
