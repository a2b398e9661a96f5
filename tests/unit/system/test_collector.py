"""When Python's collector of garbage comes: in a process of its own, as it is set for all of one."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from gan_core.system.collector import YOUNG, rest, spare
rest()
found = [gc.isenabled()]
loaded = [[] for _ in range(1000)]
spare()
found += [gc.isenabled(), gc.get_threshold()[0] == YOUNG, any(each is loaded for each in gc.get_objects())]
print(found)
"""


def test_it_rests_while_a_server_is_built_and_passes_over_what_was() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[False, True, True, False]"
