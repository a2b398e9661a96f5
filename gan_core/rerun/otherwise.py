"""A branch of a recorded run that goes on as another experiment, with all that still fits it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from gan_core.recording.file.branch import copy_until
from gan_core.recording.file.checkpoint import pack_state
from gan_core.recording.file.run_file import RunFile
from gan_core.recording.file.run_folder import RunFolder
from gan_core.records.commands import check_size
from gan_core.rerun.retrace import engine_at
from gan_core.run.run import recipe_of
from gan_core.setup.recipe import preset_of
from gan_core.texts.catalogue import say
from gan_core.training.engine import GANEngine
from gan_core.training.follow import STATE_PARTS, follow
from gan_core.training.known import completed


def branch_otherwise(
    runs: RunFolder,
    parent: str,
    step: int,
    config: Mapping[str, str],
    run_id: str,
    created: float,
    make_engine: Callable[..., GANEngine],
    *,
    standing: GANEngine | None = None,
    **options: Any,
) -> str:
    """Write a new file that goes on from what run `parent` was at `step`, with these fields, as text, otherwise.

    Returns in a sentence what was kept. The steps before are in it as that run's; it can be trained again from `step`
    on. `standing` is an engine of the parent's, which stays as it is: if it is at this very step nothing has to be
    trained again. `options` are the new engine's. Raises ValueError with a sentence, or OSError.
    """
    with closing(RunFile.open(runs.path(parent))) as source:
        preset = preset_of(source.recipe)
        before = completed(preset.config)
        preset = replace(preset, config=preset.config.changed(config))
        check_size(preset.config, config)
        if completed(preset.config) == before:
            raise ValueError(say("refusal.nothing-differs"))
        if preset.config.task != before.task:
            raise ValueError(say("refusal.another-task"))
        if step == 0:
            raise ValueError(say("refusal.nothing-to-keep"))
        values = source.values_at(step)
        engine = make_engine(preset, source.recipe.seed, **options)
        engine.checked(**values)
        recipe = recipe_of(engine, preset, run_id, created)
        kept = follow(engine, standing if standing is not None and standing.steps == step else engine_at(source, step))
        engine.set(**values)
        recipe = replace(recipe, parent=parent, parent_step=step, changed_at=step, config_before=vars(before))
        copy_until(source, runs.path(run_id), recipe, step, pack_state(engine.state())).close()
    return _sentence(step, kept)


def _sentence(step: int, kept: frozenset[str]) -> str:
    of_kept = ", ".join(say(f"otherwise.part.{part}") for part in STATE_PARTS if part in kept)
    anew = ", ".join(say(f"otherwise.part.{part}") for part in STATE_PARTS if part not in kept)
    if not anew:
        return say("otherwise.all-kept", step=step, kept=of_kept)
    return say("otherwise.kept-and-anew", step=step, kept=of_kept, anew=anew)
