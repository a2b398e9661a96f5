"""Encoded frames, held ready for whoever asks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from gan_core.records.frames import Snapshot

PAYLOADS = 256  # encoded frames of the past that are held ready: 7 MB at most


@dataclass(frozen=True)
class Published:
    """The newest frame, as it goes to everybody."""

    version: int
    frame: Snapshot
    payload: bytes


class Payloads:
    """The encoded frames of the past that were made or asked for last.

    They stay as they are: steps before a frame are never added any more, so that its trail is complete from the start.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[int, int], bytes] = OrderedDict()  # run, step; the one to drop next first

    def put(self, frame: Snapshot, payload: bytes) -> None:
        """Hold one, in the place of the one that nobody asked for longest."""
        self._held[frame.moment.run, frame.step] = payload
        if len(self._held) > PAYLOADS:
            self._held.popitem(last=False)

    def get(self, frame: Snapshot) -> bytes | None:
        """The bytes of this frame, if they are held."""
        key = frame.moment.run, frame.step
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)
