"""Where the newest frame hangs for everybody to see, encoded once however many look; the ones before it beside it.

One thread publishes; any may read. The condition is the session's own, so that whoever waits for one waits for all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from gan_core.live.audience import Audience
from gan_core.live.payloads import Payloads, Published
from gan_core.records.frames import Snapshot, TrailPoint
from gan_core.run.history import History
from gan_core.wire import frames as wire


class Board:
    """The frames of the run that is open, and who looks at them."""

    def __init__(self, changed: threading.Condition, version: int) -> None:
        """Frames have the versions after `version`."""
        self._changed = changed
        self._encoding = threading.Lock()  # held while a frame of the past is encoded; taken before the other
        self._wakes: list[Callable[[], None]] = []  # complete before the first frame
        # Under the condition's lock:
        self._version = version
        self._published: Published | None = None
        self._payloads = Payloads()
        self._audience = Audience()
        self._history: History | None = None

    # -- called from any thread --------------------------------------------------------------------------------------

    def frame_after(
        self, version: int, timeout: float, lenses: Collection[str], closing: Callable[[], bool]
    ) -> bytes | None:
        """The newest frame, once it is newer than `version`; None after `timeout` seconds without one, or `closing`."""
        with self._changed:
            if self._audience.note(time.monotonic(), lenses):
                self._changed.notify_all()  # a paused run sharpens when somebody comes or wants another lens
            if timeout > 0:  # a look alone is taken by every page for every frame, and gives the lock to nobody between
                self._changed.wait_for(lambda: self._newer(version) or closing(), timeout)
                self._audience.note(time.monotonic(), lenses)
            published = self._published
            if published and self._audience.take(published.version):  # it goes out now, or has been before
                self._changed.notify_all()
            return published.payload if published and self._newer(version) else None

    def frame_at(self, step: int) -> bytes | None:
        """The kept frame nearest to `step`, encoded once however often it is asked for; None before the first one."""
        with self._encoding:
            with self._changed:
                history = self._history
                frame = history.at(step) if history else None
                if history is None or frame is None:
                    return None
                if self._published and frame is self._published.frame:
                    return self._published.payload
                payload = self._payloads.get(frame)
                if payload is not None:
                    return payload
                trail, version = history.trail(frame.step), self._version
            payload = wire.encode_frame(frame, version=version, trail=trail, kept=True)
            with self._changed:
                self._payloads.put(frame, payload)
        return payload

    def on_frame(self, wake: Callable[[], None]) -> None:
        """Have `wake` called after every new frame, on the publishing thread: it must be quick and never fail."""
        self._wakes.append(wake)

    # -- called with the lock held -------------------------------------------------------------------------------------

    def turn_to(self, history: History) -> None:
        """Show the frames of another run from now on."""
        self._history = history

    def watched(self) -> bool:
        """Whether somebody looks."""
        return self._audience.any(time.monotonic())

    def taken(self) -> bool:
        """Whether somebody who looks has the newest frame."""
        return self._published is None or self._audience.taken >= self._published.version

    def lenses(self) -> frozenset[str]:
        """The lenses through which somebody looks."""
        return self._audience.lenses(time.monotonic())

    def _newer(self, version: int) -> bool:
        return self._published is not None and self._published.version > version

    # -- called by the one that publishes ------------------------------------------------------------------------------

    @property
    def coming(self) -> int:
        """The version that the next frame will have."""
        return self._version + 1

    def publish(self, frame: Snapshot, path: list[TrailPoint], take: Callable[[Snapshot], bool]) -> bytes | None:
        """Put up a frame with its path; return its bytes as one of the past, if `take` says that it is kept as one.

        `take` is called with the lock held, just before the frame can be seen.
        """
        packed = wire.pack_frame(frame, path)  # here, outside the lock, because nobody else writes
        version = self.coming
        payload = packed.envelope(version=version, kept=False)
        with self._changed:
            kept = packed.envelope(version=version, kept=True) if take(frame) else None
            if kept is not None:  # it will be asked for as one of the past
                self._payloads.put(frame, kept)
            self._version = version
            self._published = Published(version, frame, payload)
            self._changed.notify_all()
        return kept

    def wake(self) -> None:
        """Tell those that asked to be told of a new frame."""
        for wake in self._wakes:
            wake()
