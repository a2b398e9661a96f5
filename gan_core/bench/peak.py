"""How much of what the machine can do the training step reaches: its necessary products against bare ones.

The ceiling is measured, not looked up: the product of a batch with a hidden layer's weights, again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Literal

import torch

from gan_core.bench.rounds import Plan, Row, interleave, rate, ratios
from gan_core.bench.sizes import SIZES, depth_of, describe
from gan_core.setup.config import GANConfig
from gan_core.setup.presets import Preset
from gan_core.training.compute import Compute, resolve
from gan_core.training.engine import GANEngine

_AT_ONCE = 16  # products before a GPU is waited for

Setting = Literal["highest", "medium"]  # torch's float32 matmul precision
ROUTES: dict[str, tuple[torch.dtype, Setting]] = {
    "product, float32 highest": (torch.float32, "highest"),
    "product, float32 medium": (torch.float32, "medium"),
    "product, bfloat16": (torch.bfloat16, "highest"),
}
STEPS = ("float32", "bfloat16")


def step_flops(config: GANConfig) -> int:
    """Floating-point operations of the products that one training step cannot do without.

    A layer from m to n units costs 2 m n a row forward, as much for its weights' gradient and as much for its input's.
    D's update: G forward on B/2 rows; D forward, weights and, but for the first layer, inputs on B. G's update: G and D
    forward, D's inputs, G's weights and, but for the first layer, inputs on B. Everything else (activations, losses,
    Adam) is not counted. Of the article's network: 4.58e9.
    """
    hidden = [2, *[config.widest] * depth_of(config)]
    g, d = (sum(2 * m * n for m, n in pairwise([*hidden, outputs])) for outputs in (2, 1))
    first = 2 * 2 * config.widest
    batch = config.batch
    d_update = batch // 2 * g + batch * (d + d + d - first)
    g_update = batch * (g + d + d + g + g - first)
    return d_update + g_update


def share_of_peak(plan: Plan) -> Iterator[Row]:
    """GFLOP/s of bare products and of training steps, and their ratio, where products are what a step consists of."""
    for size in ("article", "small"):
        yield from share(SIZES[size], plan)


def share(preset: Preset, plan: Plan) -> list[Row]:
    """As `share_of_peak`, of one size."""
    compute = resolve(plan.device, threads=plan.threads)
    products = {name: Product(preset.config, compute, *route) for name, route in ROUTES.items()}
    slices: dict[str, Callable[[], float]] = {
        name: partial(product.speed, plan.seconds) for name, product in products.items()
    }
    for precision in STEPS:
        engine = GANEngine(preset, device=plan.device, precision=precision, threads=compute.threads)
        slices[f"training step, {precision}"] = partial(_step_speed, engine, plan.seconds)
    found = interleave(slices, plan.rounds)
    group = f"Matrix products, {describe(preset)}"
    rows = [Row(group, name, "GFLOP/s", values) for name, values in found.items()]
    for precision in STEPS:
        allowed = [name for name, product in products.items() if precision == "bfloat16" or product.error() < 1e-5]
        best = tuple(max(values) for values in zip(*(found[name] for name in allowed), strict=True))
        shares = ratios(found[f"training step, {precision}"], best)
        rows.append(Row(group, f"{precision} step : best product", "%", tuple(100 * value for value in shares)))
    return rows


class Product:
    """(B, W) x (W, W) into a ready buffer, B the batch and W the width, by one of torch's routes."""

    def __init__(self, config: GANConfig, compute: Compute, dtype: torch.dtype, setting: Setting) -> None:
        self._threads, self._setting = compute.threads, setting
        random = torch.Generator().manual_seed(0)
        a, b = (torch.randn((n, config.widest), generator=random) for n in (config.batch, config.widest))
        self._a, self._b = a.to(compute.device, dtype), b.to(compute.device, dtype)
        self._out = self._a @ self._b
        self._flops = 2 * config.batch * config.widest**2

    def speed(self, seconds: float) -> float:
        """GFLOP/s over so many seconds."""
        with self._route():
            return rate(self._multiply, seconds) * _AT_ONCE * self._flops / 1e9

    def error(self) -> float:
        """Greatest error of the product relative to its greatest value: 1e-6 in float32, 3e-3 in bfloat16.

        'medium' does not say which: it permits less than float32, and the processor decides.
        """
        with self._route():
            self._multiply()
        exact = self._a.double() @ self._b.double()
        return float((self._out - exact).abs().max() / exact.abs().max())

    def _multiply(self) -> None:
        for _ in range(_AT_ONCE):
            torch.mm(self._a, self._b, out=self._out)
        if self._out.is_cuda:
            torch.cuda.synchronize(self._out.device)

    @contextmanager
    def _route(self) -> Iterator[None]:
        before = torch.get_float32_matmul_precision()
        torch.set_num_threads(self._threads)
        torch.set_float32_matmul_precision(self._setting)
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)


def _step_speed(engine: GANEngine, seconds: float) -> float:
    return rate(engine.step, seconds) * step_flops(engine.config) / 1e9
