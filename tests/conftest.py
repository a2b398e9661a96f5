"""What several tests share: a scenario small enough to train thousands of steps in a second."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest
import torch

from gan_core.setup.config import HyperParameters, sized
from gan_core.setup.presets import Preset

# No deadline: a test says nothing about speed. Derandomised: a failure comes back on the next run.
hypothesis.settings.register_profile("ganscope", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("ganscope")


# The files without a browser that take longest.
LONGEST = ("test_gan_step.py", "test_bench.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where two workers take one file after another, both are busy to the end if the longest files come first."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def _arithmetic_as_found() -> Iterator[None]:
    """An engine makes its thread treat numbers under 1e-38 as 0 and take threads; the next test's is IEEE's, on one.

    Two tests run at a time: with more threads than cores each would wait for the other's.
    """
    torch.set_num_threads(1)
    yield
    torch.set_flush_denormal(False)


@pytest.fixture(scope="session")
def tiny() -> Preset:
    """The article's recipe with networks of 2 x 16 and batches of 32."""
    return Preset(
        name="tiny",
        config=sized(width=16, depth=2, batch=32),
        values=HyperParameters(lr_g=2e-4, lr_d=1e-3, beta1_g=0.5, beta1_d=0.5),
    )
