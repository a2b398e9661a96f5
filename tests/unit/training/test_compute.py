"""Device, precision and threads: what is asked for is what one gets, or a sentence."""

from __future__ import annotations

import pytest
import torch
from threadpoolctl import threadpool_info

from gan_core.training import compute
from gan_core.training.compute import DEVICES, PRECISIONS, resolve


@pytest.fixture(autouse=True)
def _leave_the_process_as_it_was() -> object:
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    yield
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"device": "tpu"}, "tpu"),
        ({"device": ""}, "cpu"),
        ({"precision": "float16"}, "float16"),
        ({"threads": 0}, "threads"),
        ({"threads": -1}, "threads"),
        ({"threads": 10**6}, "threads"),
    ],
)
def test_what_there_is_not_is_refused(options: dict[str, object], named: str) -> None:
    before = torch.get_num_threads()
    with pytest.raises(ValueError, match=r"\.$") as caught:
        resolve(**options)
    assert named in str(caught.value)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("width", [16, 128, 512])
def test_auto_is_float32_whatever_the_processor_has(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(("amx_bf16", "avx512_bf16", "bf16"), True))
    assert resolve("cpu", "auto", width=width).precision == "float32"


def test_auto_leaves_nothing_open() -> None:
    chosen = resolve()
    assert chosen.device.type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert chosen.precision == "float32"
    assert chosen.threads == torch.get_num_threads()
    assert {"auto", "cpu", "cuda"} == set(DEVICES)
    assert {"auto", "float32", "bfloat16"} == set(PRECISIONS)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no CUDA device"):
        resolve("cuda")


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_set(threads: int) -> None:
    assert resolve("cpu", threads=threads).threads == threads
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("width", [16, 128, 512])
def test_float32_is_float32_whatever_route_was_chosen(width: int) -> None:
    """A 512 x 512 product in float32 is off by about 1e-6 of its largest element; in bfloat16 by 3e-3."""
    resolve("cpu", "float32", width=width)
    random = torch.Generator().manual_seed(1)
    a, b = (torch.randn((512, 512), generator=random) for _ in range(2))
    exact = a.double() @ b.double()
    assert float((a @ b - exact).abs().max() / exact.abs().max()) < 1e-5


@pytest.mark.parametrize(("name", "route"), [("Intel Xeon", "highest"), (None, "medium")])
def test_mkl_multiplies_where_it_knows_the_processor(
    name: str | None, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"cpu_name": name})
    monkeypatch.setattr(compute, "_medium_is_float32", lambda: True)
    assert resolve("cpu", "float32", width=512).float32_route == route


def test_narrow_layers_are_numpys_on_one_thread() -> None:
    narrow = resolve("cpu", "float32", 2, width=16)
    assert (narrow.library, narrow.threads) == ("numpy", 1)
    assert resolve("cpu", "float32", 2, width=512).library == "torch"
    assert resolve("cpu", "bfloat16", 2, width=16).library == "torch"  # NumPy has no bfloat16
    blas = [library for library in threadpool_info() if library["internal_api"] == "openblas"]
    assert blas
    assert all(library["num_threads"] == 1 for library in blas)


def test_denormals_are_flushed() -> None:
    """Steps on numbers under 1e-38 would take ten times as long."""
    if not torch.set_flush_denormal(False):
        pytest.fail("this processor cannot flush denormals, so the training step may be slow on it")
    tiny = torch.tensor([1e-38])
    assert float(tiny * 0.1) > 0
    resolve("cpu")
    assert float(tiny * 0.1) == 0
