"""The plane through latent space that a session shows: for all who look, kept with each frame, and never trained by."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import Restart, SetPlane, SetValues, StepOnce
from gan_core.rerun.proof import verify
from gan_core.setup.plane import Plane
from gan_core.texts.catalogue import say
from gan_core.wire import frames as wire
from sessions import LONG, paused_session, send

SMALL = {"generator": "8:relu", "discriminator": "8:relu", "batch": "16"}
TURNED = Plane(2, 3, 1, 15.0)


def test_frames_have_the_plane_and_the_run_is_proved(tmp_path: Path) -> None:
    runs = RunFolder(tmp_path)
    with paused_session(runs) as session:
        refusal = say("refusal.no-plane", dim=2)
        assert send(session, SetPlane(TURNED)) == refusal
        assert session.status().plane == Plane()
        assert send(session, Restart(config={**SMALL, "latent_dim": "3"})) is None
        assert send(session, SetPlane(Plane(4, 1, 2, 5.0))) == say("refusal.no-plane", dim=3)
        run = session.status().info.id
        for count, plane in ((4, TURNED), (4, Plane())):
            goal = session.status().step + count
            assert send(session, SetPlane(plane)) is None
            assert send(session, StepOnce(count)) is None
            while (newest := session.latest()) is None or newest.step < goal:  # the frame may come after the step
                send(session, SetValues({}))
            assert (newest.step, newest.plane) == (goal, plane)
        assert send(session, SetPlane(TURNED)) is None
        assert send(session, Restart()) is None
        assert session.status().plane == TURNED  # the same experiment again
        assert send(session, Restart(config={"latent_dim": "2"})) is None
        assert session.status().plane == Plane()
        session.close(LONG)
    with closing(RunFile.open(runs.path(run))) as file:
        frames = {step: file.frame(step) or b"" for step in (4, 8)}
        kept = {step: wire.read_frame(payload, 1).plane for step, payload in frames.items()}
        assert kept == {4: TURNED, 8: Plane()}
        assert verify(file).mismatch == ""
