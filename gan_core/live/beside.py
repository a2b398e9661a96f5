"""Live frames rendered beside the training, from copies of the weights, where it leaves a core for that.

In a process of its own and on one thread. In a thread it would be in the training's way: small networks are trained by
Python, which runs one thread at a time (measured with 2 x 32 networks and 30 frames a second: 0.84 of the speed beside
a thread, 0.97 beside a process). Whoever wants a frame hands over the weights and takes the frame when it is there, so
that what is trained is the same whether anybody looks or not, and the frame the same as one rendered in between.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gan_core.looking.fineness import MAX_FRAMES_PER_SECOND, Fineness, Level
from gan_core.looking.probe import LIVE_LEVELS, Probe
from gan_core.records.frames import Moment, Snapshot
from gan_core.setup.config import GANConfig
from gan_core.setup.plane import USUAL, Plane
from gan_core.system import child
from gan_core.training.compute import Compute
from gan_core.training.networks import MLP, make_discriminator, make_generator

log = logging.getLogger("ganscope")

_PATIENCE = 10.0  # seconds for a frame that is waited for: it takes a tenth of one

Flat = npt.NDArray[np.float32]  # (P,), a network's parameters


@dataclass(frozen=True)
class Wanted:
    """What a frame is to be of; the parameters of G and D follow it through the pipe, and what else there is of G's."""

    config: GANConfig
    compute: Compute
    moment: Moment
    level: Level
    lenses: frozenset[str]
    of_g: tuple[str, ...]  # names of the vectors that follow them
    plane: Plane


class Beside:
    """Renders one frame at a time. Belongs to one thread; the pipe has one of its own."""

    def __init__(self) -> None:
        """Start the process, which takes seconds to load."""
        self._fineness = Fineness(LIVE_LEVELS)
        self._due = -math.inf  # when the next frame may be begun
        self._coming: Future[tuple[Snapshot | Exception, float, Level] | None] | None = None
        self._pipe_thread = ThreadPoolExecutor(1, thread_name_prefix="beside")
        # Written by the pipe's thread:
        self._process: SpawnProcess | None = None
        self._loaded = self._closed = False
        self._pipe_thread.submit(self._start)

    def usable(self) -> bool:
        """Whether it renders frames: not while it loads, nor once its process has ended."""
        return self._loaded and not self._closed

    def due(self, now: float) -> bool:
        """Whether a frame may be handed over at `now`, in seconds on any steady clock."""
        return self._coming is None and now >= self._due

    def hand_over(
        self,
        config: GANConfig,
        compute: Compute,
        networks: tuple[MLP, MLP],
        moment: Moment,
        now: float,
        *,
        lenses: Collection[str] = (),
        of_g: Mapping[str, Tensor] = MappingProxyType({}),
        plane: Plane = USUAL,
    ) -> None:
        """Begin a frame of generator and discriminator as they are now, as `Probe.look` has it."""
        interval = 1 / MAX_FRAMES_PER_SECOND  # from when the last one was due; at most one is made up for
        self._due = min(max(self._due + interval, now), now + interval)
        wanted = Wanted(config, compute, moment, self._fineness.level, frozenset(lenses), tuple(of_g), plane)
        flat = [network.parameters_flat.numpy().copy() for network in networks]
        flat += [vector.numpy().copy() for vector in of_g.values()]
        self._coming = self._pipe_thread.submit(self._ask, wanted, flat)

    def take(self, *, wait: bool = False) -> Snapshot | None:
        """The frame that was handed over, once it is there; with `wait`, when it is. Each comes once.

        Raises FloatingPointError as `Probe.look` does.
        """
        if self._coming is None or not (wait or self._coming.done()):
            return None
        try:
            answer = self._coming.result(_PATIENCE)
        except TimeoutError as error:
            self._ended(error)
            self.close()
            answer = None
        self._coming = None
        if answer is None:
            return None
        frame, seconds, level = answer
        if isinstance(frame, Exception):
            raise frame
        self._fineness.looked(seconds, level)
        self._fineness.fit_share(1.0)  # nothing else is to be done there
        return frame

    def close(self) -> None:
        """End the process at once."""
        self._closed = True
        if self._process is not None:
            self._process.kill()
        self._pipe_thread.shutdown(wait=False)

    # -- the pipe's thread -------------------------------------------------------------------------------------------

    def _start(self) -> None:
        try:
            self._process, self._pipe = child.start(_work, "beside")
            if self._closed:
                self._process.kill()
            self._loaded = bool(self._pipe.recv())
        except (EOFError, OSError) as error:
            self._ended(error)

    def _ask(self, wanted: Wanted, flat: list[Flat]) -> tuple[Snapshot | Exception, float, Level] | None:
        try:
            self._pipe.send(wanted)
            for parameters in flat:
                self._pipe.send_bytes(parameters.data.cast("B"))
            frame, seconds = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._ended(error)
            return None
        if not isinstance(frame, Exception):
            _freeze(frame)
        return frame, seconds, wanted.level

    def _ended(self, error: Exception) -> None:
        if not self._closed:
            log.warning(
                "Frames are rendered in turn with the training from here on: their process is gone (%r).", error
            )
        self._closed = True


class Renderer:
    """What the process does: renders what is wanted, with a probe and networks of its own."""

    def __init__(self) -> None:
        self._config: GANConfig | None = None

    def render(self, wanted: Wanted, flat: list[Flat]) -> Snapshot:
        """One frame. Raises FloatingPointError as `Probe.look` does."""
        replace(wanted.compute, threads=1).enter()
        if self._config != wanted.config:
            unused = torch.Generator().manual_seed(0)
            self._networks = make_generator(wanted.config, unused), make_discriminator(wanted.config, unused)
            self._probe, self._config = Probe(wanted.config, torch.device("cpu")), wanted.config
        for network, parameters in zip(self._networks, flat, strict=False):
            network.parameters_flat.copy_(torch.from_numpy(parameters))
        of_g = {name: torch.from_numpy(vector) for name, vector in zip(wanted.of_g, flat[2:], strict=True)}
        how = {**wanted.level._asdict(), "lenses": wanted.lenses, "of_g": of_g, "plane": wanted.plane}
        return self._probe.look(*self._networks, wanted.moment, **how)


def _work(pipe: Connection) -> None:
    renderer = Renderer()
    pipe.send(True)  # it has loaded
    while True:
        wanted: Wanted = pipe.recv()
        flat = [np.frombuffer(bytearray(pipe.recv_bytes()), np.float32) for _ in range(2 + len(wanted.of_g))]
        start = time.perf_counter()
        answer: Snapshot | Exception
        try:
            answer = renderer.render(wanted, flat)
        except FloatingPointError as error:  # it belongs to the one who looks
            answer = error
        except Exception as error:  # and of this one not even its kind need be known there
            answer = RuntimeError(f"{type(error).__name__}: {error}")
        pipe.send((answer, time.perf_counter() - start))


def _freeze(frame: Snapshot) -> None:
    """A record is not to be written to; what came through a pipe has forgotten that."""
    arrays: list[npt.NDArray[Any]] = [frame.latent_map, frame.sample_map, frame.fakes, frame.image]
    arrays += frame.lenses.values()
    arrays += [] if frame.latents is None else [frame.latents]
    arrays += [] if frame.reading is None else [frame.reading.values, frame.reading.along]
    for array in arrays:
        array.flags.writeable = False
