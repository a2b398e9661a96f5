"""The page while a run is open whose scenario this version does not know."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from test_api import STATUS

from gan_core.dashboard.page.layout import page
from gan_core.records.status import Status
from gan_core.records.steps import InForce
from gan_core.training.known import CHOICES


def status_of(preset: str) -> Status:
    values = {"lr_g": InForce(3e-4, 40), "beta1_d": InForce(0.25, 1)}
    return replace(STATUS, info=replace(STATUS.info, preset=preset), values=values)


def parts(found: Any) -> dict[str, dict[str, Any]]:
    """The properties of everything on the page that has an id."""
    if isinstance(found, list):
        return {name: props for one in found for name, props in parts(one).items()}
    if not isinstance(found, dict):
        return {}
    props = found.get("props", {})
    own = {props["id"]: props} if isinstance(props.get("id"), str) else {}
    return {**own, **parts(props.get("children"))}


@pytest.mark.parametrize(
    ("preset", "chosen"),
    [("better", "better"), ("rings of the future", None), ("constructor", None), ("__class__", None)],
)
def test_the_page_stands_whatever_a_run_was_begun_as(preset: str, chosen: str | None) -> None:
    found = parts(
        json.loads(json.dumps(page(status_of(preset), CHOICES).to_plotly_json(), default=lambda x: x.to_plotly_json()))
    )
    assert (found["preset"]["value"], found["preset"]["placeholder"]) == (chosen, preset)
    offered = [item["value"] for group in found["preset"]["data"] for item in group["items"]]
    assert (preset in offered) == (chosen is not None)
    assert found["lr-g-input"]["value"] == "0.0003"  # what is in force, not what a scenario begins with
    assert found["beta1-d-value"]["children"] == "0.25"
