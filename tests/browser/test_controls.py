"""Sliders, switches and buttons: what they do to the training, and that the page says what is in force."""

from __future__ import annotations

import math

import numpy as np
from playwright.sync_api import expect

from dashboard_page import SLIDERS, DashboardPage
from gan_core.dashboard.page.story import plain
from gan_core.setup.config import BOUNDS
from gan_core.setup.presets import PRESETS
from page_oracle import brief

QUICK = vars(PRESETS["quick"].values)


def _name(slider: str) -> str:
    return slider.replace("-", "_")


def _in_force(dashboard: DashboardPage, slider: str) -> tuple[float, int]:
    """The value and the first step under it, as the server has them."""
    held = dashboard.server.status()["values"][_name(slider)]
    return held["value"], held["since"]


def _expect_in_force(dashboard: DashboardPage, slider: str, value: float, since: int) -> None:
    """Server, words, handle and field agree."""
    name, page = _name(slider), dashboard.page
    status = dashboard.server.wait_until(lambda status: status["values"][name]["value"] == value)
    assert status["values"][name]["since"] == since
    # The handle stands there. Dash reports a press of it late, and the page then puts it back: hence the wait.
    dashboard.until(
        """Math.abs(document.querySelector(`#${argument[0]} [role=slider]`).getAttribute("aria-valuenow") - argument[1])
        <= 0.005 * Math.abs(argument[1]) && s.status.values[argument[2]].since === argument[3]""",
        [slider, value, name, since],
    )
    expect(page.locator(f"#{slider}-value")).to_have_text(brief(value))
    expect(page.locator(f"#{slider}-since")).to_have_text(f"from step {since:,}")
    expect(dashboard.handle(slider)).to_have_attribute("aria-valuetext", brief(value))
    expect(page.locator(f"#{slider}-input")).to_have_value(brief(value))


def _until_in_force(dashboard: DashboardPage, slider: str) -> None:
    """Wait until the value at which a handle stands is the server's: Dash reports each move of it late."""
    dashboard.next_frame()
    dashboard.until(
        """(() => {
            const stands = document.querySelector(`#${argument[0]} [role=slider]`).getAttribute("aria-valuenow");
            const held = s.status.values[argument[1]].value;
            return !dash_clientside.command.busy() && Math.abs(stands - held) <= 0.005 * held;
        })()""",
        [slider, _name(slider)],
    )


def _positions_moved(slider: str, before: float, after: float) -> float:
    """How many slider positions lie between two values."""
    bounds = BOUNDS[_name(slider)]
    change = math.log10(after / before) if bounds.scale == "log" else after - before
    return change / bounds.step


def _type(dashboard: DashboardPage, slider: str, text: str) -> None:
    field = dashboard.page.get_by_role("textbox", name=f"{BOUNDS[_name(slider)].label}, typed", exact=True)
    field.fill(text)
    field.press("Enter")


def test_sliders_have_names_and_move_with_the_keyboard(dashboard: DashboardPage) -> None:
    step = dashboard.server.train(5)
    page = dashboard.open().page
    for slider, name in SLIDERS.items():
        handle = page.get_by_role("slider", name=BOUNDS[name].label, exact=True)
        expect(handle).to_have_count(1)
        handle.focus()
        before, _ = _in_force(dashboard, slider)
        handle.press("ArrowRight")
        dashboard.server.wait_until(lambda s, n=name, old=before: s["values"][n]["value"] > old)
        value, since = _in_force(dashboard, slider)
        assert 0.5 < _positions_moved(slider, before, value) < 1.5
        assert since == step + 1
        _expect_in_force(dashboard, slider, value, since)

    # Faster than answers come: no key press is lost.
    slider = "beta1-d"
    before, _ = _in_force(dashboard, slider)
    for _ in range(20):
        dashboard.handle(slider).press("ArrowLeft")
    goal = round(before - 20 * BOUNDS["beta1_d"].step, 3)
    _expect_in_force(dashboard, slider, goal, step + 1)


def test_dragging_applies_before_the_mouse_is_released(dashboard: DashboardPage) -> None:
    dashboard.server.train(3)
    page = dashboard.open().page
    dashboard.server.command("play")
    for slider, name in SLIDERS.items():
        before, _ = _in_force(dashboard, slider)
        x, y = dashboard.grip(slider)
        page.mouse.move(x + 40, y, steps=8)
        status = dashboard.server.wait_until(lambda s, n=name, old=before: s["values"][n]["value"] > old)
        assert status["phase"] == "training"
        dashboard.next_frame()
        # The button is still down: the page says what the server has, and stays at it.
        expect(page.locator(f"#{slider}-value")).not_to_have_text(brief(before))
        _until_in_force(dashboard, slider)
        value, since = _in_force(dashboard, slider)
        assert since > 4, "a change counts from a step that is still to come"
        expect(page.locator(f"#{slider}-value")).to_have_text(brief(value))
        expect(page.locator(f"#{slider}-since")).to_have_text(f"from step {since:,}")
        page.mouse.up()
        dashboard.server.wait_until(lambda s, step=since: s["step"] > step + 20)
        _expect_in_force(dashboard, slider, value, since)


def test_dragging_away_and_back_ends_where_it_began(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    x, y = dashboard.grip("beta1-g")
    page.mouse.move(x + 60, y, steps=5)
    dashboard.server.wait_until(lambda s: s["values"]["beta1_g"]["value"] > 0.6)
    _until_in_force(dashboard, "beta1-g")
    away, _ = _in_force(dashboard, "beta1-g")
    page.mouse.move(x, y, steps=5)
    status = dashboard.server.wait_until(lambda s: s["values"]["beta1_g"]["value"] < away - 0.15)
    page.mouse.up()
    _until_in_force(dashboard, "beta1-g")
    value, since = _in_force(dashboard, "beta1-g")
    assert abs(value - QUICK["beta1_g"]) < 0.006, status  # a pixel is four positions
    _expect_in_force(dashboard, "beta1-g", value, since)


def test_a_typed_value_applies_and_a_bad_one_is_explained(dashboard: DashboardPage) -> None:
    step = dashboard.server.train(5)
    page = dashboard.open().page
    for slider, name in SLIDERS.items():
        bounds, good = BOUNDS[name], 0.00042 if name.startswith("lr") else 0.25
        error = page.locator(f"#{slider}-error")
        _type(dashboard, slider, f"{good}")
        _expect_in_force(dashboard, slider, good, step + 1)

        sent = len(dashboard.watch.commands)
        _type(dashboard, slider, "a lot")
        expect(error).to_contain_text(f"{bounds.label} must be a number")
        _type(dashboard, slider, "7")
        expect(error).to_contain_text(f"{bounds.label} must lie between")
        expect(error).not_to_contain_text("“7”")
        _type(dashboard, slider, "3,000")
        expect(error).to_contain_text("“3,000” is 3.")  # and no thousand
        expect(error).to_have_attribute("role", "alert")
        expect(page.locator(f"#{slider}-input")).to_have_attribute("aria-invalid", "true")
        dashboard.next_frame()
        assert dashboard.watch.commands[sent:] == [], "a bad value must not be sent"
        assert _in_force(dashboard, slider) == (good, step + 1)

        # The number is given with a comma, and the complaint goes.
        _type(dashboard, slider, f"{good * 2}".replace(".", ","))
        expect(error).to_be_empty()
        status = dashboard.server.wait_until(lambda s, n=name, old=good: s["values"][n]["value"] == old * 2)
        assert status["values"][name]["since"] == step + 1
        expect(page.locator(f"#{slider}-value")).to_have_text(brief(good * 2))

    # What counts something: no half of it, and shown without decimals; a key press is one more.
    page.get_by_text("Updates in a step, noise").click()
    _type(dashboard, "updates-d", "1.5")
    expect(page.locator("#updates-d-error")).to_have_text("Updates of D in a step must be a whole number.")
    handle = page.get_by_role("slider", name="Updates of D in a step", exact=True)
    handle.focus()
    handle.press("ArrowRight")
    _expect_in_force(dashboard, "updates-d", 2.0, step + 1)
    expect(page.locator("#updates-d-value")).to_have_text("2")
    expect(page.locator("#updates-d-error")).to_be_empty()
    _type(dashboard, "updates-g", "3")
    _expect_in_force(dashboard, "updates-g", 3.0, step + 1)


def test_every_change_leaves_a_mark_and_can_be_taken_back(dashboard: DashboardPage) -> None:
    server, page = dashboard.server, dashboard.page
    step = server.train(20)
    dashboard.open()
    expected = []

    def expect_mark(step: int, name: str, value: float) -> None:
        text = f"{name} {brief(value)}"
        expected.append([step, text])
        count = sum(text == other for _, other in expected)
        expect(page.locator("#metrics-panel .annotation-text").filter(has_text=text)).to_have_count(count)

    for slider, name in SLIDERS.items():
        value = 0.05 if name.startswith("lr") else 0.75
        back = page.locator(f"#{slider}-back")
        expect(back).to_be_hidden()

        # Somebody else's change shows up here as well.
        server.command("set", values={name: value})
        _expect_in_force(dashboard, slider, value, step + 1)
        expect_mark(step + 1, name, value)

        step = server.train(30)
        back.click()
        _expect_in_force(dashboard, slider, QUICK[name], step + 1)
        expect(back).to_be_hidden()
        expect_mark(step + 1, name, QUICK[name])

        # Several changes at one step share a mark, which tells the last value.
        step = server.train(30)
        server.command("set", values={name: value})
        _expect_in_force(dashboard, slider, value, step + 1)
        dashboard.handle(slider).dblclick()
        _expect_in_force(dashboard, slider, QUICK[name], step + 1)
        expect_mark(step + 1, name, QUICK[name])
        step = server.train(30)

    # By Plotly's own account, the marks stand at the steps from which the values were in force.
    drawn = page.evaluate(
        "document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.annotations.map((a) => [a.x, a.text])"
    )
    assert drawn[1:] == expected


def test_time_for_looking(dashboard: DashboardPage) -> None:
    server, page = dashboard.server, dashboard.page
    dashboard.open()
    page.get_by_text("Time for looking, at full speed").click()  # it is behind the pace
    handle = page.get_by_role("slider", name="Time for looking", exact=True)
    words = page.locator("#looking-share-value")
    expect(words).to_have_text("15 %")
    handle.focus()
    for _ in range(5):
        handle.press("ArrowRight")
    server.wait_until(lambda s: round(s["looking_share"], 3) == 0.2)
    expect(words).to_have_text("20 %")

    # Without any time for looking the training goes on, and nothing new is drawn until it is paused.
    handle.press("Home")
    server.wait_until(lambda s: s["looking_share"] == 0)
    expect(words).to_have_text("0 %")
    server.command("play")
    server.wait_until(lambda s: s["step"] > 100)
    dashboard.until("s.status.step > argument", 100)
    dashboard.expect_step(0, ("samples", "latent", "discriminator"))
    server.command("pause")
    step = server.status()["step"]
    dashboard.expect_step(step)

    # A change made elsewhere moves the handle too, and a reload finds it there.
    server.command("looking", share=0.5)
    expect(words).to_have_text("50 %")
    expect(handle).to_have_attribute("aria-valuenow", "0.5")
    page.reload()
    dashboard.catch_up()
    page.get_by_text("Time for looking, at full speed").click()
    expect(words).to_have_text("50 %")
    expect(handle).to_have_attribute("aria-valuenow", "0.5")
    assert server.status()["looking_share"] == 0.5


def test_pace(dashboard: DashboardPage) -> None:
    server, page = dashboard.server, dashboard.open().page
    group = page.get_by_role("radiogroup", name="Pace")
    assert page.locator("#pace input").evaluate_all("inputs => inputs.map((input) => input.value)") == [
        *("slow", "1", "5", "20", "full")
    ]
    expect(group.get_by_role("radio", name="Full")).to_be_checked()
    expect(page.locator("#pace-words")).to_have_text("Training goes at full speed.")
    page.get_by_text("20th", exact=True).click()
    server.wait_until(lambda s: s["pace"] == 20)
    expect(page.locator("#pace-words")).to_have_text("Every 20th step is shown.")
    page.evaluate(
        """() => {
            window.live = [];
            window.dash_clientside.state.on("live", (frame) => window.live.push(frame.step));
        }"""
    )
    server.command("play")
    dashboard.until("window.live.length > 7")
    server.command("pause")
    assert {step % 20 for step in page.evaluate("window.live.slice(0, 7)")} == {0}

    # With the keys of any radio group, down to slow motion.
    group.get_by_role("radio", name="20th").press("ArrowLeft")
    server.wait_until(lambda s: s["pace"] == 5)
    page.keyboard.press("ArrowLeft")
    server.wait_until(lambda s: s["pace"] == 1 and s["pace_limit"] is None)
    page.keyboard.press("ArrowLeft")
    server.wait_until(lambda s: s["pace"] == 1 and s["pace_limit"] == 1)
    expect(page.locator("#pace-words")).to_have_text("Slow motion: one step a second.")

    # A change made elsewhere, and a reload. What has no place in the control is said in words.
    server.command("pace", steps=5)
    expect(group.get_by_role("radio", name="5th")).to_be_checked()
    server.command("pace", steps=102)
    expect(page.locator("#pace-words")).to_have_text("Every 102nd step is shown.")
    expect(page.locator("#pace input:checked")).to_have_count(0)
    page.reload()
    dashboard.catch_up()
    expect(page.locator("#pace-words")).to_have_text("Every 102nd step is shown.")


def test_switches(dashboard: DashboardPage) -> None:
    dashboard.server.train(5, 5, 5)
    page = dashboard.open().page
    axis = "document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.xaxis.type"
    expect(dashboard.badge("samples")).not_to_contain_text("trail")
    page.get_by_role("switch", name="Trail of the last 100 steps").press("Space")
    # Three frames were kept on the way, and the one at step 0.
    expect(dashboard.badge("samples")).to_contain_text("trail of 4 frames")
    page.get_by_role("switch", name="Trail of the last 100 steps").press("Space")
    expect(dashboard.badge("samples")).not_to_contain_text("trail")

    assert page.evaluate(axis) == "linear"
    page.get_by_role("switch", name="Logarithmic steps").press("Space")
    dashboard.until(f"{axis} === 'log'")
    dashboard.settled("metrics")
    # Ten steps lie a third of the way to a thousand: decades are equally wide.
    ticks = "[1, 10, 100].map((x) => document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.xaxis.d2p(x))"
    one, ten, hundred = page.evaluate(ticks)
    assert math.isclose(ten - one, hundred - ten, abs_tol=0.02)  # Plotly rounds to hundredths of a pixel
    page.get_by_role("switch", name="Logarithmic steps").press("Space")
    dashboard.until(f"{axis} === 'linear'")
    assert dashboard.server.status()["step"] == 15, "space on a switch is the switch's own key"
    assert dashboard.watch.commands == []


def test_play_pause_and_single_steps(dashboard: DashboardPage) -> None:
    server = dashboard.server
    step = server.train(7)
    page = dashboard.open().page
    expect(dashboard.status).to_have_text("Paused · step 7")
    once = page.get_by_role("button", name="Step: Train one step")
    for _ in range(3):
        once.click()
        step += 1
        dashboard.expect_step(step)
        assert server.status()["step"] == step
        assert server.status()["phase"] == "paused"

    play_pause = page.locator("#play-pause")
    expect(play_pause).to_have_accessible_name("Play: Start training")
    play_pause.click()
    expect(dashboard.status).to_contain_text("Training · step")
    expect(play_pause).to_have_accessible_name("Pause: Pause training")
    server.wait_until(lambda s: s["phase"] == "training" and s["step"] > step + 50)
    play_pause.click()
    stopped = server.wait_until(lambda s: s["phase"] == "paused")["step"]
    expect(dashboard.status).to_have_text(f"Paused · step {stopped:,}")
    dashboard.expect_step(stopped)
    assert server.status()["step"] == stopped


def test_reset_is_the_same_run_again(dashboard: DashboardPage) -> None:
    server = dashboard.server
    step = server.train(60)
    before = server.metrics()
    run = server.status()["info"]
    page = dashboard.open().page
    server.command("set", values={"lr_g": 0.05})  # leaves no trace in the next run
    server.train(20)
    page.get_by_role("button", name="Reset: Start the same run again").click()
    after = server.wait_until(lambda s: s["info"]["run"] != run["run"])
    assert (after["info"]["seed"], after["info"]["preset"], after["step"]) == (run["seed"], run["preset"], 0)
    dashboard.expect_step(0)
    expect(page.locator("#lr-g-value")).to_have_text(brief(QUICK["lr_g"]))
    expect(page.locator("#metrics-panel .annotation-text")).to_have_count(1)  # the one of ln 2
    assert server.train(step) == step
    np.testing.assert_array_equal(server.metrics(), before)
    dashboard.expect_step(step)

    page.get_by_role("button", name="New seed: Start again from another seed").click()
    other = server.wait_until(lambda s: s["info"]["seed"] != run["seed"])
    assert other["step"] == 0
    expect(page.locator("#run-words")).to_contain_text(f"seed {other['info']['seed']} ")
    server.train(step)
    assert (server.metrics() != before).any(axis=1).all()


def test_the_scenario_chooser(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(5)
    page = dashboard.open().page
    chooser = page.get_by_role("textbox", name="Scenario")
    expect(chooser).to_have_value(PRESETS["quick"].title)
    chooser.click()
    for group in ("The article", "Failure zoo", "More"):
        expect(page.get_by_text(group, exact=True)).to_be_visible()
    page.get_by_role("option", name="Figure 2 · Mode collapse", exact=True).click()
    server.wait_until(lambda s: s["info"]["preset"] == "mode-collapse" and s["step"] == 0)
    expect(page.locator("#story")).to_have_text(plain(PRESETS["mode-collapse"].story))
    for slider, name in SLIDERS.items():
        _expect_in_force(dashboard, slider, getattr(PRESETS["mode-collapse"].values, name), 1)
    dashboard.expect_step(0)

    # Chosen elsewhere: the chooser follows, and does not start yet another run by doing so.
    run = server.command("preset", name="quick")["info"]["run"]
    expect(chooser).to_have_value(PRESETS["quick"].title)
    expect(page.locator("#story")).to_have_text(plain(PRESETS["quick"].story))
    dashboard.next_frame()
    assert server.status()["info"]["run"] == run
