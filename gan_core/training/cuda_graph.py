"""Training steps on a CUDA device as replays of one captured graph: batch, both updates and metrics without the CPU.

What changes from step to step lies in tensors that the graph reads: the block of batches, the place in it, and the live
values. So nothing is captured again when a learning rate changes, and the CPU waits once for a whole run of steps.
"""

from __future__ import annotations

from types import SimpleNamespace

import torch

from gan_core.setup.config import BOUNDS, HyperParameters
from gan_core.training.batches import BLOCK, Batches
from gan_core.training.tasks import Step


class CapturedSteps:
    """Steps on the batches of `batches`. Without `capture` the same work runs operation by operation, on any device."""

    def __init__(self, step: Step, batches: Batches, device: torch.device) -> None:
        self._step, self._batches = step, batches
        self._place = torch.zeros(1, dtype=torch.int64, device=device)
        self._numbers = torch.zeros((BLOCK, 4), device=device)
        self._live = torch.zeros(len(BOUNDS), dtype=torch.float64, device=device)
        self.values = SimpleNamespace(**{name: self._live[i] for i, name in enumerate(BOUNDS)})
        self.values.instance_noise = 0.0  # a plain number: with noise a step is not replayed
        self.values.each = (1, 1)  # plain, too: a graph is of so many updates
        self._replay = self._one
        self._block: torch.Tensor | None = None  # that the graph reads
        self._of = (1, 1)  # updates of D and G that it has

    def captured(self, each: tuple[int, int]) -> bool:
        """Whether there is a graph of so many updates of D and G, on the block of batches that there is."""
        return self._block is self._batches.real and self._of == each

    def capture(self) -> None:
        """Record the graph. Trains a few steps on the way: put the state back afterwards."""
        self._batches.left()
        self._block, self._of = self._batches.real, self.values.each
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(3):  # libraries allocate what they need before anything is recorded
                self._one()
        torch.cuda.current_stream().wait_stream(beside)
        self._place.zero_()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._one()
        self._replay = graph.replay

    def set(self, values: HyperParameters) -> None:
        """Put values in force for the steps that are started from now on."""
        self.values.instance_noise, self.values.each = values.instance_noise, values.each
        self._live.copy_(torch.tensor([getattr(values, name) for name in BOUNDS], dtype=torch.float64))

    def run(self, count: int) -> list[list[float]]:
        """Train `count` steps, no more than the present block is good for; four numbers a step, fetched at the end."""
        first = self._batches.place
        self._place.fill_(first)
        for _ in range(count):
            self._replay()
        self._batches.place += count
        numbers: list[list[float]] = self._numbers[first : first + count].tolist()
        return numbers

    def _one(self) -> None:
        real, z = (block.index_select(0, self._place)[0] for block in (self._batches.real, self._batches.latents))
        numbers = self._step.run(real, z, self.values)
        self._numbers.index_copy_(0, self._place, torch.stack([x.float() for x in numbers])[None])
        self._place += 1
