"""What the page of two runs beside each other is made of: words for every setting, and no script of its own."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from html import unescape

from gan_core.dashboard.http.application import Application
from gan_core.dashboard.page.astray import astray_element
from gan_core.dashboard.page.compare import add_compare
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.presets import PRESETS
from web_client import Client


def _page() -> str:
    server = Application()
    add_compare(server)
    answer = Client(server).get("/compare?a=%22%3E%3Cscript%3E&b=x")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/html")
    return answer.text


def test_every_setting_and_every_scenario_has_words() -> None:
    found = re.search(r'data-words="([^"]*)"', _page())
    assert found is not None
    words = json.loads(unescape(found[1]))
    settings = [field.name for record in (GANConfig, HyperParameters) for field in fields(record)]
    names = ["preset", *settings, "seed", "precision", "threads", "device", "machine", "torch", "parent", "path"]
    assert sorted(words["labels"]) == sorted(names)
    assert all(words["labels"].values())
    assert len(set(words["labels"].values())) == len(names)  # rows go by them
    assert words["presets"] == {preset.name: preset.title for preset in PRESETS.values()}


def test_nothing_of_the_address_gets_into_it_and_scripts_come_from_files() -> None:
    page = _page()
    own = page.count('<script id="texts" type="application/json">') + page.count(astray_element())
    assert own == 2
    assert page.count("<script") - own == page.count("</script>") - own == page.count('<script src="/assets/') == 6
