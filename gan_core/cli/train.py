"""Training without a browser, into three files: metrics.csv, samples.npy and what came of it, summary.json.

The same run as in the dashboard, bit for bit, given the same changes at the same steps. Perhaps recorded as there, into
the same folder; then the same command goes on after it was killed.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor
from tqdm import tqdm

from gan_core.cli.options import Setting, TrainOptions
from gan_core.cli.outputs import CtrlC, MetricsFile, as_npy, write_whole
from gan_core.datasets.folder import about, called
from gan_core.looking.measures import neighbours
from gan_core.looking.measures.modes import mode_floors, mode_quality
from gan_core.looking.measures.quality import floors, quality
from gan_core.looking.probe import POINTS
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import DEFAULT_LIMIT, SUFFIX, RunFolder, new_id
from gan_core.recording.keeping import Opened, leave, take_up, write_down
from gan_core.recording.recorder import Recorder
from gan_core.records.ending import quality_words, trouble_words
from gan_core.records.frames import Snapshot, TrailPoint
from gan_core.records.steps import Change, StepMetrics
from gan_core.records.story import Event
from gan_core.rerun.weights import begin_with_weights, checksum_of, load_weights
from gan_core.run.facts import check_condition
from gan_core.run.observer import Observer
from gan_core.run.run import Run, begin
from gan_core.setup.config import BOUNDS
from gan_core.setup.presets import PRESETS, find_preset
from gan_core.texts.catalogue import say
from gan_core.training.known import check_changes, completed
from gan_core.wire.frames import encode_frame


def make_run(options: TrainOptions) -> Opened:
    """Begin the run that `options` ask for, or take up the one that the folder holds.

    Raises ValueError for an option that this machine cannot meet, or that does not fit what is recorded.
    """
    if options.until is not None:
        check_condition(options.until, completed(find_preset(options.preset).altered(options.config, {}).config))
    recorded = sorted(options.out.glob(f"*{SUFFIX}")) if options.record else []
    if recorded and not options.resume:
        raise ValueError(f"{options.out} holds a recorded run; go on with it by --resume, or name another --out.")
    if len(recorded) > 1:
        raise ValueError(f"{options.out} holds {len(recorded)} recorded runs; to go on, leave one of them there.")
    if recorded:
        return _go_on_with(recorded[0], options)
    created = time.time()
    preset = find_preset(options.preset).altered(options.config, {})
    check_changes(completed(preset.config), preset.values, _named(options.settings))
    how: dict[str, Any] = {"device": options.device, "precision": options.precision, "threads": options.threads}
    if options.weights is not None and options.record:
        path = RunFolder(options.out).path(new_id(created))
        begin_with_weights(path, preset, options.seed, options.weights, path.stem, created, **how)
        return take_up(path)
    run = begin(
        preset,
        options.seed,
        run_id=new_id(created),
        created=created,
        number=int(created * 1000),
        **how,
    )
    if options.weights is not None:
        load_weights(run.engine, options.weights)
    path = RunFolder(options.out).path(run.recipe.id)
    file = (lambda: RunFile.create(path, run.recipe)) if options.record else None
    return Opened(run, file)


def _go_on_with(path: Path, options: TrainOptions) -> Opened:
    with closing(RunFile.open(path)) as file:
        if file.weights != ("" if options.weights is None else checksum_of(options.weights)):
            raise ValueError(f"{path} did not begin with the weights of --weights; it cannot go on as if it had.")
    opened = take_up(path)
    try:
        _check_fits(path, opened.run, options)
    except ValueError:
        if opened.open_file is not None:
            opened.open_file().close()
        raise
    return opened


def _check_fits(path: Path, run: Run, options: TrainOptions) -> None:
    """Raise ValueError, with a sentence, where a recorded run cannot go on as `options` say."""
    recipe, known = run.recipe, run.journey.known
    if (recipe.preset, recipe.seed) != (options.preset, options.seed):
        raise ValueError(
            f"{path} is a run of {recipe.preset}, seed {recipe.seed:,}; it cannot go on as {options.preset}, "
            f"seed {options.seed:,}."
        )
    asked = find_preset(options.preset).altered(options.config, {})
    wanted, begun = vars(completed(asked.config)) | vars(asked.values), {**recipe.config, **recipe.values}
    others = [name for name, value in wanted.items() if value != begun[name]]
    if others:
        has, asked_for = (called(str(made[others[0]])) for made in (begun, wanted))
        raise ValueError(f"{path} has {others[0]} {has}; it cannot go on with {asked_for}.")
    if known > options.steps:
        raise ValueError(f"{path} has {known:,} steps already; --steps must be more than that.")
    if run.history.metrics.stride > 1:
        raise ValueError(f"{path} is too long for a table of all its steps; go on with it in the dashboard.")
    check_changes(run.engine.config, run.engine.values, _named(options.settings))
    made = {(change.step, change.name, change.new) for change in run.history.changes_from(0)[1]}
    for change in _changes(run, options.settings):
        if change.step <= known and (change.step, change.name, change.new) not in made:
            raise ValueError(
                f"--set {change.name}={change.new:g}@{change.step} comes too late: {path} has {known:,} steps "
                "without it."
            )


def run(opened: Opened, options: TrainOptions) -> int:
    """Train into the folder `options.out`, say on one line what came of it, and return the exit status.

    0, also where `options.until` held; 1 when a loss was not finite or the recording stopped; 130 after Ctrl-C. What
    was measured until then stays on disk either way. Raises OSError with the file's name when a file cannot be written.
    """
    run = opened.run
    table, samples, summary = (options.out / name for name in ("metrics.csv", "samples.npy", "summary.json"))
    options.out.mkdir(parents=True, exist_ok=True)
    for old in (samples, summary):
        old.unlink(missing_ok=True)  # an earlier run's would not go with the new metrics
    start = time.perf_counter()
    recorder = write_down(opened, DEFAULT_LIMIT)

    def kept(frame: Snapshot, path: list[TrailPoint]) -> None:
        if recorder is not None:
            recorder.shown(frame.step, encode_frame(frame, version=frame.step, trail=path, kept=True))

    clocks: dict[str, Any] = {"clock": time.perf_counter, "wall_clock": time.time}
    observer = Observer(run, options.steps, kept=kept, until=options.until, **clocks)
    trouble = _train(observer, options, table)
    fakes = run.probe.fakes(run.engine.generator, run.engine.steps)
    if trouble is None:
        write_whole(samples, as_npy(fakes))
    found = summarise(observer, fakes, time.perf_counter() - start) | _until(options, observer)
    write_whole(summary, (json.dumps(found, indent=2, allow_nan=False) + "\n").encode())
    recorded = recorder is None or _recorded(run, recorder, trouble)
    if trouble is not None:
        return _report_not_finite(trouble, table)
    quality_ = _mode_words(found["readings"], found["floors"]) or quality_words(quality(fakes, run.engine.target))
    what = f"{run.step:,} steps of {options.preset}, seed {options.seed}: {quality_}, {found['diagnosis']['state']}"
    if options.until is not None:
        what += f"; stopped where {options.until} held" if observer.stopped else f"; {options.until} never held"
    if run.step < options.steps and not observer.stopped:
        print(f"Interrupted after {what}; kept in {table}, {samples} and {summary}", file=sys.stderr)
        return 130
    print(f"{what}; {table}, {samples}, {summary}")
    return 0 if recorded else 1


def _train(observer: Observer, options: TrainOptions, table: Path) -> StepMetrics | None:
    """Train until the end or Ctrl-C, with every step in `table`; returns the step that had no finite loss, if any."""
    run, steps = observer.run, options.steps
    changes = [change for change in _changes(run, options.settings) if change.step > run.journey.known]
    before = run.history.metrics.read(0, run.engine.steps)
    # None: a bar on a terminal, else nothing
    bar = tqdm(total=steps, initial=run.engine.steps, unit="step", disable=None)
    with table.open("wb", buffering=0) as file, CtrlC() as ctrl_c, bar:
        rows = MetricsFile(file, before)
        while not (ctrl_c.pressed or observer.stopped):
            if run.journey.goal is None or run.arrived():  # at first, where a recorded one stopped
                if run.step >= steps:
                    break
                run.make_due_changes()
                run.set_out(steps, changes)
            metrics, good = observer.step()
            if not good:
                return metrics
            rows.append(metrics)
            bar.update()
    return None


def _until(options: TrainOptions, observer: Observer) -> dict[str, Any]:
    """What was waited for, and whether it came."""
    return {"until": None if options.until is None else str(options.until), "stopped": observer.stopped}


def _recorded(run: Run, recorder: Recorder, trouble: StepMetrics | None) -> bool:
    """Write down the rest; says so on stderr if that could not be, and returns whether it could."""
    if trouble is not None:
        recorder.ended({"failed": trouble.step, **trouble.trouble()})
    if not leave(run, recorder, failed=trouble is not None):
        recorder.give_up_after()
    error = recorder.state().error
    if error is not None:
        print(error, file=sys.stderr)
    return error is None


def _changes(run: Run, settings: Sequence[Setting]) -> list[Change]:
    """What is to be set, in the order of the steps; of two for one step, the later on the command line counts."""
    values = {name: now.value for name, now in run.values.items()}
    changes = []
    for setting in sorted(settings, key=lambda setting: setting.step):
        changes.append(Change(setting.step, setting.name, values[setting.name], setting.value))
        values[setting.name] = setting.value
    return changes


def _named(settings: Sequence[Setting]) -> list[tuple[str, float]]:
    return [(setting.name, setting.value) for setting in sorted(settings, key=lambda setting: setting.step)]


def summarise(observer: Observer, fakes: Tensor, seconds: float) -> dict[str, Any]:
    """Everything worth keeping of a run with these fakes, as JSON can hold it: null where a number is not defined."""
    run, readings = observer.run, observer.read()
    engine, chronicle, diagnosis = run.engine, run.chronicle, run.chronicle.diagnosis
    known, modes = PRESETS.get(run.recipe.preset), engine.target.modes
    further, best = _by_neighbours(fakes, run)
    best |= floors(engine.target, POINTS)
    if readings["w2_of_data"] is not None:
        best["w2"] = readings["w2_of_data"]
    if readings["memorised"] is not None:
        best["memorised"] = 0.5  # by what it is
    if modes is not None:
        further |= mode_quality(fakes, modes)
        best |= mode_floors(modes, POINTS)
    return {
        "preset": run.recipe.preset,
        "claim": known.claim if known else "",
        "task": engine.config.task,
        "config": asdict(engine.config),
        "values": {name: held.value for name, held in run.values.items()},
        **about(engine.config.target),
        "seed": run.recipe.seed,
        "steps": engine.steps,
        "precision": engine.compute.precision,
        "seconds": round(seconds, 3),
        "diagnosis": {**asdict(diagnosis), "sentence": say(f"state.{diagnosis.state}.sentence")},
        "events": [
            {"step": event.step, "kind": event.kind, "words": event_words(event)}
            for event in chronicle.events(run.history.changes_from(0)[1])
        ],
        "readings": readings | {name: value if math.isfinite(value) else None for name, value in further.items()},
        "floors": {name: value for name, value in best.items() if math.isfinite(value)},
    }


def _by_neighbours(fakes: Tensor, run: Run) -> tuple[dict[str, float], dict[str, float]]:
    """What neighbours say of more fakes than a look asks, and the same of real data."""
    n, name = neighbours.AT_THE_END, "nearest_neighbour_accuracy"
    some, reals = fakes[:n].cpu(), run.probe.reals[-n:].cpu()  # not where these fakes are meant to be, one by one
    found = neighbours.measure(some, reals) | {name: neighbours.nearest_neighbour_accuracy(some, reals)}
    return found, neighbours.floors(run.engine.target, n) | {name: neighbours.equal_accuracy(n)}


def _mode_words(readings: Mapping[str, Any], best: Mapping[str, float]) -> str:
    """How many modes were found and how well; nothing for a target that has none."""
    if "modes" not in readings:
        return ""
    found, many = (f"{of['modes']:.0f}" for of in (readings, best))
    return say("ending.modes", modes=found, many=many, share=f"{readings['high_quality']:.3f}")


def event_words(event: Event) -> str:
    """What happened, on one line."""
    about = event.about
    if event.kind == "diagnosis":
        return say(f"state.{about['state']}.sentence")
    return say("event.change", name=BOUNDS[str(about["name"])].label, old=about["old"], new=about["new"])


def _report_not_finite(metrics: StepMetrics, table: Path) -> int:
    print(
        f"Stopped at step {metrics.step:,}: {trouble_words(metrics.trouble())}; the steps before it are in {table}",
        file=sys.stderr,
    )
    return 1
