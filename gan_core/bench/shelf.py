"""What the scenarios of the shelf come to over seeds: `python -m gan_core.bench.shelf --out DIR`.

Trains the tables that they are ways of (`gan_core.papers.exhibits`), each in DIR/TABLE, and prints one table of all:
what is claimed, by whom, and whether it holds here. What is there is not trained again; the same command goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gan_core.bench.tables.__main__ import main as train_table
from gan_core.cli.arguments import Parser, argument, read_path
from gan_core.cli.reader import heard_out
from gan_core.cli.sweep_options import read_seeds
from gan_core.papers.asked import Asked
from gan_core.papers.cells import marked
from gan_core.papers.exhibits import EXHIBITS
from gan_core.papers.found import Results
from gan_core.papers.registry import TABLES
from gan_core.setup.presets import PRESETS

SHELF = tuple(dict.fromkeys(exhibit.table for exhibit in EXHIBITS.values()))  # tables that scenarios are ways of


def parser() -> Parser:
    """What the command takes."""
    found = Parser(prog="python -m gan_core.bench.shelf", description=main.__doc__)
    found.add_argument(
        "--out", type=argument(read_path), required=True, metavar="DIR", help="folder for what comes of it"
    )
    found.add_argument("--seeds", default="5", metavar="N", help="how many, or which: 8 is 0 to 7; 3,5,7 (default: 5)")
    found.add_argument(
        "--only", nargs="*", choices=SHELF, metavar="TABLE", help=f"train these alone: {', '.join(SHELF)}; or none"
    )
    return found


def ways(table: str) -> list[str]:
    """Those of a table that scenarios are."""
    needed = {way.name for exhibit in EXHIBITS.values() if exhibit.table == table for way in exhibit.ways}
    return [way.name for way in TABLES[table].trained if way.name in needed]


def results(out: Path, seeds: tuple[int, ...]) -> dict[str, Results]:
    """What is there of each table, by name."""
    return {name: Results.of(Asked(TABLES[name], seeds, TABLES[name].steps, out / name)) for name in SHELF}


def lines(found: Mapping[str, Results]) -> Iterator[tuple[str, ...]]:
    """The table, a line a claim."""
    for name, exhibit in EXHIBITS.items():
        of = found[exhibit.table]
        for i, (claim, verdict) in enumerate(exhibit.claims(of)):
            source = marked(claim.source, confirmed=claim.confirmed)
            scenario, counted = (
                (f"{PRESETS[name].title}, `{name}`", exhibit.least_to_greatest(of)) if i == 0 else ("", "")
            )
            yield scenario, claim.words, source, f"**{verdict.verdict}**: {verdict.told}", counted


def markdown(found: Mapping[str, Results]) -> str:
    """The same as Markdown has it."""
    body: list[Sequence[str]] = [
        ("scenario", "claimed", "by", "here", "least to greatest"),
        ("---",) * 5,
        *lines(found),
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in body)


def main(argv: Sequence[str]) -> int:
    """Train what is missing of the shelf's tables, and print what is claimed, by whom, and whether it holds here.

    Returns the exit status: 0; 1 for trouble on the way; 130 after Ctrl-C, after which the same command goes on.
    """
    commands = parser()
    given = commands.parse_args(argv)
    try:
        seeds = read_seeds(given.seeds)
        for table in SHELF if given.only is None else given.only:
            asked = [table, "--out", str(given.out / table), "--seeds", given.seeds, "--only", *ways(table)]
            status = train_table(asked)
            if status:
                return status
        print(markdown(results(given.out, seeds)))
        return 0
    except ValueError as error:
        commands.error(str(error))


if __name__ == "__main__":
    sys.exit(heard_out(lambda: main(sys.argv[1:])))
