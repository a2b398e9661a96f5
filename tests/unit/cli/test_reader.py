"""Commands whose output is not read to its end, as by `... | head`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_core.bench.trees import PAIRS
from gan_core.cli.reader import STATUS, heard_out


def ended(*command: str) -> tuple[int, str]:
    """The status of a Python program whose output nobody reads, and what it complains of."""
    read, write = os.pipe()
    os.close(read)
    try:
        ran = subprocess.run([sys.executable, *command], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(write)
    return ran.returncode, ran.stderr


@pytest.mark.parametrize("letters", [10, 10**6], ids=["less than a buffer holds", "more"])
def test_output_that_nobody_reads_is_no_trouble(letters: int) -> None:
    program = "import sys; from gan_core.cli.reader import heard_out; sys.exit(heard_out(lambda: print('x' * {})))"
    assert ended("-c", program.format(letters)) == (STATUS, "")


def test_a_table_that_nobody_reads_is_no_trouble(tmp_path: Path) -> None:
    pair = {"before": {"x": 1.0}, "now": {"x": 1.0}}
    lines = [json.dumps({"what": what, **pair}) for what, count in PAIRS.items() for _ in range(count)]
    (tmp_path / "pairs").write_text("\n".join(lines))
    assert ended("-m", "gan_core.bench.trees", "a", "b", "--out", str(tmp_path / "pairs")) == (STATUS, "")


def test_another_pipe_that_breaks_is_said() -> None:
    def breaks() -> None:
        raise BrokenPipeError("of a child")

    with pytest.raises(BrokenPipeError, match="of a child"):
        heard_out(breaks)


@pytest.mark.parametrize(("returned", "status"), [(None, 0), (3, 3)])
def test_the_status_is_the_commands(returned: int | None, status: int) -> None:
    assert heard_out(lambda: returned) == status
