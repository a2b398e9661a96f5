"""What of the page Dash need not know: drawn by one component of our own in place of one of Dash's for each element.

Dash looks at every component on the screen whenever one of them changes, and once more as each of them appears. Most of
the page's elements are only there to be seen, or to be filled by the scripts; those of one place go together.
"""

from __future__ import annotations

from typing import Any, ClassVar

from dash.development.base_component import Component


class Markup(Component):
    """Elements of HTML that no callback asks of, beside each other: see assets/markup.js."""

    _namespace = "ganscope"
    _type = "Markup"
    _children_props: ClassVar[list[str]] = []  # type: ignore[misc]  # nothing in it is to become a component of Dash's
    parts: list[Any]

    def __init__(self, parts: list[Any]) -> None:
        """`parts` are components of dash.html, all the way down, and texts."""
        self._prop_names = self.available_properties = ["parts"]
        self._valid_wildcard_attributes: list[str] = []
        self.available_wildcard_properties: list[str] = []
        super().__init__(parts=parts)  # type: ignore[no-untyped-call]


def lighter(component: Component) -> Component:
    """The same component, with Markup inside wherever Dash need not know more. It is changed, not copied."""
    children = getattr(component, "children", None)
    if children is not None:
        component.children = _together(children if isinstance(children, list) else [children])
    return component


def _together(children: list[Any]) -> list[Any]:
    lighter_ones: list[Any] = []
    for child in children:
        if not _only_seen(child):
            lighter_ones.append(lighter(child))
        elif lighter_ones and isinstance(lighter_ones[-1], Markup):
            lighter_ones[-1].parts.append(child)
        else:
            lighter_ones.append(Markup([child]))
    return lighter_ones


def _only_seen(part: Any) -> bool:
    """Whether it is a text, or an element that is not pressed, with such inside."""
    if not isinstance(part, Component):
        return True
    children = getattr(part, "children", None)
    inside = children if isinstance(children, list) else [children]
    return part._namespace == "dash_html_components" and not hasattr(part, "n_clicks") and all(map(_only_seen, inside))
