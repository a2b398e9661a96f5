"""Many runs without a browser: a plan from the command line, a progress bar, and in words what came of it."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.cli.outputs import CtrlC
from gan_core.cli.sweep_options import SweepOptions
from gan_core.setup.presets import find_preset
from gan_core.sweep.axis import read_axis
from gan_core.sweep.conduct import Conductor, Outcome, Report
from gan_core.sweep.crew import NoCrew, crew
from gan_core.sweep.folder import LOOKS, ROWS, TABLE, SweepFolder
from gan_core.sweep.plan import RECIPE, RECIPES, Plan, words
from gan_core.sweep.plot import check_plan, draw
from gan_core.sweep.statistics import compare, share
from gan_core.system.child import ENDING, give_way, is_gone

_CELLS_TOLD = 60  # cells at most that are told in words
_COMPARED = ("coverage", "on_band", "energy")


def make_plan(options: SweepOptions) -> Plan:
    """The plan that is asked for, or that the folder holds. Raises ValueError with a sentence."""
    if options.preset is None:
        try:
            plan = SweepFolder(options.out).plan()
        except FileNotFoundError:
            raise ValueError(f"{options.out} holds no sweep to go on with; name a PRESET to begin one.") from None
        except OSError as error:
            raise ValueError(f"{error.filename}: {error.strerror}") from None
    else:
        plan = Plan(
            preset=options.preset,
            steps=options.steps,
            seeds=options.seeds,
            axes=tuple(read_axis(text) for text in options.vary),
            config=tuple((options.config or {}).items()),
            changes=tuple((setting.step, setting.name, setting.value) for setting in options.settings),
            until=options.until,
            against=tuple((options.against or {}).items()),
        )
    find_preset(plan.preset)
    plan.check()
    if options.plot is not None:
        check_plan(plan)
    return plan


def run(plan: Plan, options: SweepOptions) -> int:
    """Train what is not done, write the table, say what came of it; returns the exit status.

    0; 1 when there were runs that could not be trained, or nobody to train them; 130 after Ctrl-C or SIGTERM. Raises
    OSError where the folder cannot be written, ValueError with a sentence where it holds something else.
    """
    folder = SweepFolder(options.out)
    if options.child_of is not None:
        give_way()
    with folder.alone():
        done = folder.begin(plan)
        bar = tqdm(total=plan.runs, initial=len(done), unit="run", disable=None, smoothing=0.05)
        began = time.monotonic()

        def say(sentence: str) -> None:
            bar.write(sentence, file=sys.stderr)

        with CtrlC(also=ENDING) as ctrl_c, bar:

            def stop() -> bool:
                return ctrl_c.pressed or is_gone(options.child_of)

            report = Report(bar.update, say, _looks(folder) if options.looks else None, stop)
            conductor = Conductor(plan, folder, report, together=options.together)
            try:
                outcome = conductor.run(lambda: crew(options.scheduler, options.workers))
            except NoCrew as error:
                say(str(error))
                conductor.write_table()
                return 1
        return _told(plan, folder, outcome, len(done), time.monotonic() - began, options.plot)


def _looks(folder: SweepFolder) -> Any:
    def write(key: str, look: Mapping[str, Any]) -> None:
        with suppress(OSError), (folder.path / LOOKS).open("a") as file:
            file.write(json.dumps({"key": key, **look}, separators=(",", ":")) + "\n")

    return write


def _told(plan: Plan, folder: SweepFolder, outcome: Outcome, before: int, seconds: float, plot: Path | None) -> int:
    rows = list(folder.rows())
    if plot is not None:
        draw(plan, rows, plot)
    new = len(rows) - before
    rate = f", {new / seconds * 3600:,.0f} runs an hour" if new and seconds else ""
    print(f"{len(rows):,} of {plan.runs:,} runs are done ({new:,} now{rate}); {folder.path / TABLE}")
    if outcome.stopped:
        print(f"Interrupted; the same command goes on with what is in {folder.path / ROWS}.", file=sys.stderr)
        return 130
    cells = by_cell(plan, rows)
    if len(cells) <= _CELLS_TOLD:
        for cell, found in cells:
            print(f"{words(cell) or plan.preset}: {verdicts(found)}")
    if plan.against:
        _compare(plan, cells)
    if outcome.left_out:
        print(f"{len(outcome.left_out)} runs could not be trained.", file=sys.stderr)
        return 1
    return 0 if not folder.waiting else 1


def by_cell(plan: Plan, rows: list[dict[str, Any]]) -> list[tuple[dict[str, str], list[dict[str, Any]]]]:
    """The runs that are done of each cell, in the order of the plan."""
    of_key = {row["key"]: row for row in rows}
    found: dict[str, tuple[dict[str, str], list[dict[str, Any]]]] = {}
    for cell, task in plan.tasks():
        there = found.setdefault(words(cell), (cell, []))[1]
        if task.key in of_key:
            there.append(of_key[task.key])
    return list(found.values())


def verdicts(rows: list[dict[str, Any]]) -> str:
    """How often each verdict was reached, the commonest first, with the interval of its share."""
    told = []
    for verdict, count in Counter(row["verdict"] for row in rows).most_common():
        of = share(count, len(rows))
        told.append(f"{verdict} in {count} of {len(rows)} (95 %: {of.low:.2f} to {of.high:.2f})")
    return "; ".join(told) or "no run is done"


def _compare(plan: Plan, cells: list[tuple[dict[str, str], list[dict[str, Any]]]]) -> None:
    other = ", ".join(f"{name}={text}" for name, text in plan.against)
    print(f"Recipe a against b ({other}); medians over the seeds, p of a permutation test of the means:")
    of = {words(cell): rows for cell, rows in cells}
    for cell, rows in cells:
        if cell[RECIPE] != RECIPES[0]:
            continue
        twin = of[words({**cell, RECIPE: RECIPES[1]})]
        place = words({name: text for name, text in cell.items() if name != RECIPE})
        for reading in _COMPARED:
            for found in compare(rows, twin, reading):
                (a, b), (step_a, step_b) = found.median, found.at
                print(
                    f"{place + ': ' if place else ''}{reading} {a:.3g} against {b:.3g} at equal {found.by} "
                    f"(steps {step_a:,} and {step_b:,}), p {found.p:.3f}"
                )
