"""What of the page Dash need not know goes as one component: nothing is lost, and what is asked of stays Dash's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dash import dcc, html
from test_api import FakeSession

from gan_core.dashboard.app import create_app
from gan_core.dashboard.page.layout import page
from gan_core.dashboard.page.markup import Markup, lighter
from gan_core.training.known import CHOICES


def as_sent(component: Any) -> Any:
    return json.loads(json.dumps(component, default=lambda part: part.to_plotly_json()))


def children(part: Any) -> list[Any]:
    held = part["props"].get("children", [])
    return held if isinstance(held, list) else [held]


def everything(part: Any) -> Iterator[tuple[str, Any]]:
    """Each element and text with what is said of it, in the order of the page, whoever draws it."""
    if not isinstance(part, dict):
        if part is not None:
            yield "text", part
    elif part["type"] == "Markup":
        for each in part["props"]["parts"]:
            yield from everything(each)
    else:
        yield part["type"], {name: value for name, value in part["props"].items() if name != "children"}
        for child in children(part):
            yield from everything(child)
        yield "end", part["type"]


def of_dash(part: Any) -> Iterator[Any]:
    """The components that Dash knows of."""
    if isinstance(part, dict):
        yield part
        for child in children(part):
            yield from of_dash(child)


def test_neighbours_that_are_only_seen_go_together() -> None:
    pressed = html.Button([html.Span("a"), html.Span("b")], id="x", n_clicks=0)
    made = as_sent(lighter(html.Div([html.P("one"), "two", pressed, html.Div(dcc.Input()), html.P("three")])))
    first, button, around, last = children(made)
    assert [part["type"] for part in (first, button, around, last)] == ["Markup", "Button", "Div", "Markup"]
    assert first["props"]["parts"] == [as_sent(html.P("one")), "two"]
    assert children(button) == [as_sent(Markup([html.Span("a"), html.Span("b")]))]
    assert children(around) == [as_sent(dcc.Input())]


def test_the_page_says_the_same_with_fewer_components() -> None:
    status = FakeSession().status()
    plain, light = as_sent(page(status, CHOICES)), as_sent(lighter(page(status, CHOICES)))
    assert list(everything(light)) == list(everything(plain))
    assert len(list(of_dash(light))) < 0.4 * len(list(of_dash(plain)))


def test_what_a_callback_asks_of_is_known_to_dash() -> None:
    app = create_app(FakeSession(), choices=CHOICES)  # type: ignore[arg-type]
    known = {part["props"].get("id") for part in of_dash(as_sent(app.layout()))}
    asked = {named["id"] for one in app._callback_list for named in (*one["inputs"], *one["state"])}
    assert asked
    assert asked <= known
