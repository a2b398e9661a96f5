"""The part of plotly.js that the page is given instead of the whole, which is four times as large."""

from __future__ import annotations

import re

from plotly.offline import get_plotlyjs_version

from gan_core.system.assets import assets_folder


def test_it_is_of_the_version_that_the_figures_are_made_for() -> None:
    head = (assets_folder() / "vendor" / "plotly-basic.min.js").read_text()[:200]
    found = re.search(r"plotly\.js \(basic - minified\) v(\S+)", head)
    assert found is not None
    assert found[1] == get_plotlyjs_version()
