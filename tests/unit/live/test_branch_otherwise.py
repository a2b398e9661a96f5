"""Runs begun and branches made of something else, through the session: against engines led by hand, and in files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from test_recording import LONG, SEED, Opener, do, open_session, runs, send, settle, state, steps, straight

from digest import digest
from gan_core.recording.file.intake import import_run
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.recording.library import Library
from gan_core.recording.stored import StoredRuns
from gan_core.records.commands import Branch, Open, Restart, SetValues
from gan_core.records.status import Phase
from gan_core.rerun.proof import verify
from gan_core.rerun.retrace import engine_at
from gan_core.setup.experiment import Experiment
from gan_core.setup.presets import PRESETS, Preset
from gan_core.setup.recipe import preset_of
from gan_core.training.engine import GANEngine
from gan_core.training.follow import follow
from gan_core.wire import frames as wire
from throw_away import PRESET, added

__all__ = ["open_session", "runs"]  # fixtures
PENALTY = {"penalty": "test-flat(weight=0.3)", "objective": "test-least-squares"}


@pytest.fixture(autouse=True)
def _others() -> Iterator[None]:
    with added():
        yield


def otherwise(tiny: Preset, config: dict[str, str], at: int, until: int, **values: float) -> GANEngine:
    """The oracle: led by hand, without a file or a session."""
    engine = GANEngine(
        Experiment(tiny.config.changed(config), tiny.values), SEED, device="cpu", precision="float32", threads=1
    )
    parent = straight(tiny, at, [(5, values)] if values else [])
    follow(engine, parent)
    engine.advance(until - at)
    return engine


@pytest.mark.parametrize("at", [20, 13], ids=["where it stands", "in its past"])
def test_a_branch_made_of_something_else_goes_on(open_session: Opener, runs: RunFolder, tiny: Preset, at: int) -> None:
    session = open_session()
    steps(session, 4)
    do(session, SetValues({"lr_g": 0.02}))
    steps(session, 16)
    parent = session.status().info
    before = wire.decode(session.progress(0, 0))[1]["metrics"]
    do(session, SetValues({"lr_d": 0.05}))  # from step 21 on: not at the step that is branched off
    do(session, Branch(parent.id, at, PENALTY))
    settle(session, at)
    status = session.status()
    assert (status.phase, status.step, status.values["lr_d"].value) == (Phase.PAUSED, at, tiny.values.lr_d)
    assert (status.info.parent, status.info.parent_step) == (parent.id, at)
    assert (status.info.changed_at, status.info.config_before) == (at, parent.config)
    assert {name: status.info.config[name] for name in PENALTY} == PENALTY
    assert status.note == (
        f"From step {at} on this run is made of something else. Kept: G's weights, D's weights, what G's optimiser has "
        "gathered, what D's optimiser has gathered, the random streams."
    )
    assert state(session) == digest(otherwise(tiny, PENALTY, at, at, lr_g=0.02).state())
    steps(session, 30)
    branch = status.info.id
    expected = digest(otherwise(tiny, PENALTY, at, at + 30, lr_g=0.02).state())
    assert state(session) == expected
    header, arrays = wire.decode(session.progress(0, 0))
    np.testing.assert_array_equal(arrays["metrics"][:at], before[:at])
    assert header["changes"] == [[5, "lr_g", tiny.values.lr_g, 0.02]]

    # Taken up again, shown, retraced and proved; and so from a file that was taken in elsewhere.
    do(session, Open(parent.id))
    settle(session, 20)
    do(session, Open(branch))
    settle(session, at + 30)
    assert (state(session), session.status().note) == (expected, None)
    session.close(LONG)
    library = Library(runs.folder)
    taken = import_run(library.export(branch), runs.path("taken"), "taken", 10**9)
    taken.close()
    for name in (branch, "taken"):
        with closing(RunFile.open(runs.path(name))) as file:
            verdict = verify(file)
            assert (verdict.mismatch, verdict.steps) == ("", 30)
            there = engine_at(file, at + 11)
            assert digest(there.state()) == digest(otherwise(tiny, PENALTY, at, at + 11, lr_g=0.02).state())
            with pytest.raises(ValueError, match=f"from step {at} to {at + 30}"):
                engine_at(file, at - 1)
        assert StoredRuns(runs).status(name).info.config_before == parent.config


def test_a_branch_of_such_a_branch(open_session: Opener, runs: RunFolder, tiny: Preset) -> None:
    session = open_session()
    steps(session, 10)
    do(session, Branch(session.status().info.id, 10, PENALTY))
    settle(session, 10)
    steps(session, 10)
    middle = session.status().info.id
    do(session, Branch(middle, 15))
    settle(session, 15)
    assert state(session) == digest(otherwise(tiny, PENALTY, 10, 15).state())
    info = session.status().info
    assert (info.parent_step, info.changed_at) == (15, 10)  # a plain branch, of a run that was something else once
    assert info.config_before == vars(tiny.config)
    do(session, Branch(middle, 20, {"generator": "8:relu", "batch": "8"}))
    settle(session, 20)
    note = session.status().note
    assert note is not None
    assert "Begun anew: G's weights, what G's optimiser has gathered." in note
    steps(session, 5)
    last = session.status().info.id
    session.close(LONG)
    with closing(RunFile.open(runs.path(last))) as file:
        assert verify(file).mismatch == ""
        assert preset_of(file.recipe).config.batch == 8


def test_frames_of_other_points_stay_with_the_parent(open_session: Opener, runs: RunFolder) -> None:
    session = open_session()
    steps(session, 8)
    parent = session.status().info.id
    for config, kept in (
        ({"penalty": "test-flat"}, True),
        ({"target": "test-spots"}, False),
        ({"latent": "test-bell"}, False),
    ):
        do(session, Branch(parent, 8, config))
        settle(session, 8)
        found = wire.decode(session.progress(0, 0))[1]["kept"]
        assert found[-1] == 8
        assert (0 in found) == kept
        steps(session, 1)


@pytest.mark.parametrize(
    ("at", "config", "sentence"),
    [
        (0, {"penalty": "test-flat"}, "At step 0 there is nothing to keep"),
        (6, {"penalty": "none"}, "Nothing differs"),
        (6, {"task": "fit"}, "what its parent trains"),
        (6, {"penalty": "test-round"}, "There is no penalty 'test-round'"),
        (6, {"target": "test-spots(count=99)"}, "count of the target test-spots must be a whole number from 1 to 9"),
        (6, {"generator": "2000:relu"}, "at most 8 hidden layers of at most 1024 units"),
        (9, {"penalty": "test-flat"}, "from step 0 to 8"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_lost(
    open_session: Opener, runs: RunFolder, at: int, config: dict[str, str], sentence: str
) -> None:
    session = open_session()
    steps(session, 8)
    before, there = session.status().info, state(session)
    refusal = send(session, Branch(before.id, at, config)).refusal
    assert refusal is not None
    assert sentence in refusal
    assert (session.status().info, state(session)) == (before, there)
    assert [file.stem for file in runs.folder.glob("*.sqlite")] == [before.id]


def test_a_new_run_of_what_differs_keeps_the_rest(open_session: Opener, tiny: Preset) -> None:
    session = open_session()
    do(session, SetValues({"lr_g": 0.02}))
    steps(session, 5)
    do(session, Restart(config={"batch": "8", "generator": "6:test-bend"}, values={"lr_g": 0.02}))
    info = session.status().info
    assert (info.preset, info.seed, info.parent) == ("tiny", SEED, None)
    assert info.config == {**vars(tiny.config), "batch": 8, "generator": "6:test-bend:tanh"}
    assert (info.values["lr_g"], info.values["lr_d"]) == (0.02, tiny.values.lr_d)
    for config, sentence in (
        ({"objective": "least"}, "There is no objective 'least'"),
        ({"batch": "9000"}, "batch may be at most 8192 here"),
        ({"penalty": "test-flat", "task": "fit"}, "Autograd trains a GAN, and not for the task 'fit'"),
    ):
        refusal = send(session, Restart(config=config)).refusal
        assert refusal is not None
        assert sentence in refusal
        assert session.status().info.id == info.id


def test_another_target_where_latents_have_their_places(open_session: Opener) -> None:
    """Task "fit" needs a target that says where a latent belongs: others are refused before the run is left."""
    session = open_session(preset="generator-capacity")
    info = session.status().info
    refusal = send(session, Restart(config={"target": "test-spots"})).refusal
    assert refusal is not None
    assert "no transform of the square" in refusal
    assert (session.status().info, session.status().phase) == (info, Phase.PAUSED)


def test_all_at_once(open_session: Opener, runs: RunFolder) -> None:
    """Every part changes but the task: nothing but the step, the values and the streams is left."""
    session = open_session()
    steps(session, 70)
    config = {name: str(value) for name, value in vars(PRESET.config).items() if name != "task"}
    do(session, Branch(session.status().info.id, 70, config))
    settle(session, 70)
    steps(session, 3)
    name = session.status().info.id
    session.close(LONG)
    with closing(RunFile.open(Path(runs.path(name)))) as file:
        assert verify(file).mismatch == ""
    assert PRESETS[PRESET.name] is PRESET


@pytest.mark.parametrize(
    "config",
    [
        {"penalty": "r1"},
        {"objective": "relativistic", "penalty": "r1+r2"},
        {"objective": "wasserstein", "penalty": "wgan-gp"},
        {"penalty": "dragan(reach=0.2)", "objective": "hinge"},
        {"optimiser_g": "extragradient", "optimiser_d": "extragradient"},
        {"optimiser_d": "rmsprop"},
        {"latent": "normal", "latent_dim": "8"},
        {"packing": "2", "ema": "0.99"},
        {"generator": "8,8:maxout(pieces=3):batch-norm:linear", "discriminator": "8,8:relu:spectral-norm"},
        {"consensus": "0.5"},
        {"unrolled": "3"},
    ],
    ids=str,
)
def test_the_cures_go_on_from_a_collapse_and_are_proved(
    open_session: Opener, runs: RunFolder, tiny: Preset, config: dict[str, str]
) -> None:
    """Each is written down, taken up again, and trained again from its file, to the bit."""
    session = open_session()
    steps(session, 6)
    do(session, Branch(session.status().info.id, 6, config))
    settle(session, 6)
    assert state(session) == digest(otherwise(tiny, config, 6, 6).state())
    steps(session, 10)
    name = session.status().info.id
    assert state(session) == digest(otherwise(tiny, config, 6, 16).state())
    session.close(LONG)
    with closing(RunFile.open(runs.path(name))) as file:
        verdict = verify(file)
        assert (verdict.mismatch, verdict.steps) == ("", 10)
