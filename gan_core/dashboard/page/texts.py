"""The sentences that a page's scripts say, as an element of the page: there before any of them needs one."""

from __future__ import annotations

import json

from gan_core.texts.catalogue import catalogue


def texts_element() -> str:
    """The element that assets/texts.js reads: data, which no browser runs."""
    # "<" would let a sentence end the element.
    found = json.dumps(catalogue().sentences, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script id="texts" type="application/json">{found}</script>'
