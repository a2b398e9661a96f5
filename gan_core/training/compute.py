"""Where and in what arithmetic the training runs: device, precision and threads.

The settings touched here belong to the whole process (torch keeps them so), which is why they are in one place.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from threadpoolctl import ThreadpoolController

from gan_core.setup.config import DEVICES, MAX_THREADS, PRECISIONS
from gan_core.system.machine import cores

Precision = Literal["float32", "bfloat16"]

# Products of smaller matrices are not worth a second thread: waiting for it costs what it gains, and far more as soon
# as anything else needs a core.
_WIDTH_WORTH_THREADS = 256
_WIDTH_WORTH_ONEDNN = 256  # under it, MKL is the faster one
_WIDTH_WORTH_TORCH = 65  # under it, NumPy is the faster one, on one thread
_CORES_FOR_TRAINING_AND_BROWSER = 2
_CORES_TO_SPARE = 4  # cores from which on one is left to looking
_CORES = min(torch.get_num_threads(), cores())  # before anything has changed it; torch knows nothing of quotas


@dataclass(frozen=True)
class Compute:
    """A resolved choice: no 'auto' is left in it."""

    device: torch.device
    precision: Precision  # of the training step's matrix products; weights, sums and Adam stay in float32 either way
    threads: int
    float32_route: Literal["medium", "highest"]  # torch's float32 matmul precision; both are float32 here
    library: Literal["torch", "numpy"]  # that computes the training step

    def enter(self) -> None:
        """Set up the calling thread; whoever computes calls this first, and again at no cost.

        Denormals count as 0: once D is sure of itself, gradients fall under 1e-38, and a step on denormal numbers takes
        ten times as long. Like the number of threads, this belongs to the calling thread and to the workers it starts;
        the route of float32 products belongs to the process.
        """
        torch.set_flush_denormal(True)
        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)
        if torch.get_float32_matmul_precision() != self.float32_route:
            torch.set_float32_matmul_precision(self.float32_route)


def resolve(
    device: str = "auto", precision: str = "auto", threads: int | None = None, *, width: int = 512, spare: int = 0
) -> Compute:
    """Turn the three options into a choice for layers of this width, and apply its process-wide settings.

    `auto` takes CUDA when there is one, and float32 on every device: in bfloat16 some GANs end otherwise (shown by the
    test of `gan_core.bench.learning`), so that is taken only when it is asked for.
    `threads` None means one for each core but `spare` where the layers are wide enough to gain from it, else one.
    Raises ValueError with a sentence for an option that is unknown or not to be had on this machine.
    """
    if device not in DEVICES:
        raise ValueError(f"There is no device {device!r}; there are {', '.join(DEVICES)}.")
    if precision not in PRECISIONS:
        raise ValueError(f"There is no precision {precision!r}; there are {', '.join(PRECISIONS)}.")
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("This machine has no CUDA device that torch can use; take --device cpu or auto.")
    if threads is not None and not 1 <= threads <= MAX_THREADS:
        raise ValueError(f"threads must be from 1 to {MAX_THREADS}; {threads} is not.")
    kind = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    if threads is None:
        threads = max(1, _CORES - spare) if width >= _WIDTH_WORTH_THREADS else 1
    # By rule, not by a race: two starts on one machine must take the same route, or they would not give the same bits.
    medium = kind == "cpu" and width >= _WIDTH_WORTH_ONEDNN and not mkl_is_faster() and _medium_is_float32()
    numpy = kind == "cpu" and narrow(width) and precision != "bfloat16"
    compute = Compute(
        device=torch.device(kind),
        precision="bfloat16" if precision == "bfloat16" else "float32",
        threads=1 if numpy else threads,
        float32_route="medium" if medium else "highest",
        library="numpy" if numpy else "torch",
    )
    compute.enter()
    _keep_memory()
    _numpy_on_one_thread()
    return compute


def narrow(width: int) -> bool:
    """Whether layers of this width are trained in NumPy, in float32 on a CPU."""
    return width < _WIDTH_WORTH_TORCH


def spare_cores() -> int:
    """Cores that a training which is looked at should leave to the looking.

    From four on: with the speedup of two threads as measured, 1.75, and Amdahl's law, three threads all the time are as
    fast as four for the 85 % of it that looking leaves them, and seven are a tenth faster than eight. With three cores
    it would cost an eighth.
    """
    return 1 if _CORES >= _CORES_TO_SPARE else 0


def leaves_a_core(threads: int) -> bool:
    """Whether so many threads leave a core for looking. Of two cores, the browser needs what the training leaves."""
    return threads < _CORES and _CORES > _CORES_FOR_TRAINING_AND_BROWSER


def mkl_is_faster() -> bool:
    """Whether MKL has the faster float32 product: on Intel's processors, since on others it makes no use of AVX-512."""
    return "Intel" in str(torch.cpu.get_capabilities().get("cpu_name"))


@cache
def _numpy_on_one_thread() -> None:
    """NumPy is there for products so small that a second thread costs more than it brings."""
    ThreadpoolController().select(internal_api="openblas").limit(limits=1)


@cache
def _keep_memory() -> None:
    """Ask glibc to keep freed blocks up to 256 MB instead of giving them back to the system.

    A step frees and asks for the same megabytes again and again; getting fresh pages for them each time costs a third
    of the speed. Other C libraries have no such setting and need none of this.
    """
    m_trim_threshold, m_mmap_threshold = -1, -3  # malloc.h
    if os.name != "posix":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "gnu_get_libc_version"):
        libc.mallopt(m_mmap_threshold, 1 << 28)
        libc.mallopt(m_trim_threshold, 1 << 30)


@cache
def _medium_is_float32() -> bool:
    """Whether torch's float32 matmul precision 'medium' still computes in float32 on this processor.

    'medium' permits reduced precision but does not ask for it: without AMX oneDNN computes in float32 all the same, and
    at 512 x 512 twice as fast as the default route through MKL, where MKL does not know the processor's AVX-512.
    """
    before = torch.get_float32_matmul_precision()
    random = torch.Generator().manual_seed(0)
    a, b = (torch.rand((512, 512), generator=random) - 0.5 for _ in range(2))
    exact = a.double() @ b.double()
    torch.set_float32_matmul_precision("medium")
    error = float((a @ b - exact).abs().max() / exact.abs().max())
    torch.set_float32_matmul_precision(before)
    return error < 1e-5  # float32 gives about 1e-6, bfloat16 about 3e-3
