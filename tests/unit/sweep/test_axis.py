from __future__ import annotations

import numpy as np
import pytest

from gan_core.sweep.axis import MAX_VALUES, Axis, read_axis


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("beta1_g=0,0.3,0.5", ("0", "0.3", "0.5")),
        ("lr_g=0.001", ("0.001",)),
        ("objective=hinge, wasserstein(clip=0.1)", ("hinge", "wasserstein(clip=0.1)")),
        ("target=ring(modes=5, sd=0.1),grid", ("ring(modes=5, sd=0.1)", "grid")),
        ("generator=64,64:relu;32:relu", ("64,64:relu", "32:relu")),
        ("updates=1:1,5:1", ("1:1", "5:1")),
        ("updates_d=1..5:3", ("1", "3", "5")),
        ("latent_dim=1..16:5:log", ("1", "2", "4", "8", "16")),
        ("batch=64..256:3", ("64", "160", "256")),
    ],
)
def test_what_is_varied(text: str, values: tuple[str, ...]) -> None:
    axis = read_axis(text)
    assert axis.values == values
    assert axis.name == text.partition("=")[0]
    assert read_axis(str(axis)) == axis


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("lr_g=1e-5..1e-2:12:log", np.geomspace(1e-5, 1e-2, 12)), ("beta1_d=0..0.9:10", np.linspace(0, 0.9, 10))],
)
def test_numbers_are_those_of_numpy(text: str, numbers: np.ndarray) -> None:
    np.testing.assert_allclose([float(value) for value in read_axis(text).values], numbers, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lr_g", "NAME=A..B:N"),
        ("=1,2", "NAME=A..B:N"),
        ("lr_g=", "NAME=A..B:N"),
        ("lr_g=1,,2", "empty value"),
        ("lr_g=0.1,0.1", "twice"),
        ("lr_g=a..b:3", "from one number to another"),
        ("lr_g=0..1:3:log", "above 0"),
        ("lr_g=0..1:1", "at least 2"),
        ("updates_d=1..2:5", "whole numbers"),
        (f"lr_g=0..1:{MAX_VALUES + 1}", "are the most"),
        ("lr_g=" + ",".join(map(str, range(MAX_VALUES + 1))), "are the most"),
    ],
)
def test_what_is_no_axis_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        read_axis(text)
    assert str(refused.value).endswith(".")


def test_an_axis_from_a_file_is_checked_too() -> None:
    with pytest.raises(ValueError, match="empty"):
        Axis("lr_g", ())
