// The run that this one branched off: its curves beyond the branch as pale dashed lines, its fakes as hollow grey marks.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const CURVES = ["d-loss", "d-accuracy", "g-loss", "g-accuracy"];
  const COLOURS = ["--gs-d", "--gs-d", "--gs-g", "--gs-g"];
  const MAX_CACHED = 50; // frames of about 25 kB
  const ROOM = { share: 1.5, steps: 300 }; // how far beyond the run's own last step its parent is shown
  let parent = null; // {id, step, rows, kept, frames}, step: where it branched off
  let curvesOn = true;
  let fakesOn = false;
  let wanted = null; // kept step of the parent to load next
  let loading = false;

  function follow() {
    const { parent: id, parent_step: step } = state.status.info;
    app.byId("ghost-switches").hidden = !id;
    if (parent || !id) return;
    parent = { id, step, rows: new app.rows.Rows(), kept: new Int32Array(0), frames: new Map() };
    load(parent);
  }

  async function load(mine) {
    try {
      for (let more = true; more && mine === parent; ) {
        const message = await app.wire.fetch(`/api/runs/${mine.id}/progress?from=${mine.rows.count}&changes=0`);
        more = !mine.rows.append(message) || mine.rows.count < message.rows;
        mine.kept = message.kept;
      }
      app.curves.redraw();
    } catch (error) {
      console.debug("GANscope:", error.message); // its file is gone: a branch is complete without it
    }
  }

  // -- curves ----------------------------------------------------------------------------------------------------------

  const visible = () => curvesOn && parent !== null && parent.rows.lastStep() > parent.step;
  const key = () => (visible() ? `${parent.id},${parent.rows.count}` : "");

  // The last step that the axis should have room for.
  function reach() {
    return visible() ? Math.min(parent.rows.lastStep(), ROOM.share * app.rows.lastStep() + ROOM.steps) : 0;
  }

  // The parent's curves as Plotly's traces; none when there is nothing to show.
  function traces(buckets, axis, weight) {
    if (!visible()) return [];
    const { rows } = parent;
    const part = { after: Math.max(parent.step, axis.toStep(0) - 1 - rows.stride), until: Math.min(axis.toStep(1), rows.lastStep()) };
    const drawn = weight ? rows.smoothed(weight) : rows;
    return CURVES.map((name, column) => ({ ...trace(name, column), ...drawn.decimate(column, buckets, axis, part) }));
  }

  function trace(name, i) {
    const dash = name.endsWith("loss") ? "longdash" : "dashdot";
    return { name: app.say("ghost.curve", { curve: app.say(`metric.${name}`) }), mode: "lines", opacity: 0.5, line: { color: colour(COLOURS[i]), dash, width: 1.2, simplify: false } };
  }

  function labels(toAxis) {
    if (!visible()) return [];
    return [
      {
        text: app.say("ghost.label"),
        x: toAxis(parent.step),
        xref: "x",
        yref: "paper",
        y: 0.01,
        xanchor: "left",
        yanchor: "bottom",
        showarrow: false,
        font: { size: 10, color: colour("--gs-quiet") },
        bgcolor: colour("--gs-card"),
        opacity: 0.85,
        borderpad: 1,
      },
    ];
  }

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // -- fakes -----------------------------------------------------------------------------------------------------------

  // The parent's kept frame nearest to that step, once it is here; null while it is not, or not asked for.
  function frame(step) {
    if (!fakesOn || !parent || !parent.kept.length) return null;
    const nearest = app.kept.nearest(step, parent.kept);
    const found = parent.frames.get(nearest) || null;
    wanted = found ? null : nearest;
    if (!found && !loading) fetchFrames();
    return found;
  }

  async function fetchFrames() {
    loading = true;
    while (wanted !== null && parent) {
      const [mine, step] = [parent, wanted];
      try {
        const found = await app.wire.fetch(`/api/runs/${mine.id}/frame/${step}`);
        if (found) mine.frames.set(step, found);
        if (mine.frames.size > MAX_CACHED) mine.frames.delete(mine.frames.keys().next().value);
        if (wanted === step) wanted = null;
        app.paint.repaint();
      } catch (error) {
        console.debug("GANscope:", error.message);
        break;
      }
    }
    loading = false;
  }

  function set_curves(on) {
    curvesOn = on;
    app.curves.redraw();
  }

  function set_fakes(on) {
    fakesOn = on;
    app.paint.repaint();
  }

  state.on("run", () => {
    parent = null;
    wanted = null;
  });
  state.on("progress", follow);
  app.ghost = { key, reach, traces, labels, frame, set_curves, set_fakes };
})(window.dash_clientside);
