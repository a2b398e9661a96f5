// What the instruments said of each look, as far as this page has seen: ascending by step, of one run.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let steps = [];
  let rows = []; // {values: Float32Array (K,), along: Int16Array (parts,)} of each step
  let asked = 0; // from which step on to ask: those of visited frames do not count
  let places = null; // name -> its place in `values`
  let version = 0; // counts up with every change

  function clear() {
    steps = [];
    rows = [];
    asked = 0;
    version += 1;
  }

  // The part of a request that asks for what is new.
  const query = () => `&readings=${asked}`;

  // Takes in those of a progress message.
  function take({ reading_steps: of, readings, along }) {
    if (!of || !of.length) return;
    const wide = readings.length / of.length;
    const parts = along.length / of.length;
    const part = (array, width, i) => array.subarray(i * width, (i + 1) * width);
    of.forEach((step, i) => saysNoMore(step, part(readings, wide, i)) || put(step, part(readings, wide, i), part(along, parts, i)));
    asked = of[of.length - 1]; // once more: the newest one may still be made of more points
  }

  const isHeld = (step, values) => has(step) && rows[indexOf(step)].values.every((value, i) => Object.is(value, values[i]));

  // A look at rest has numbers that the one that is kept of its step has not.
  const saysNoMore = (step, values) => isHeld(step, values) || (has(step) && rows[indexOf(step)].values.some((value, i) => Number.isFinite(value) && Number.isNaN(values[i])));

  function put(step, values, along) {
    const i = indexOf(step);
    const same = i >= 0 && steps[i] === step;
    steps.splice(same ? i : i + 1, same ? 1 : 0, step);
    rows.splice(same ? i : i + 1, same ? 1 : 0, { values, along });
    version += 1;
  }

  // A frame that is seen brings its own; a sharper one of the same step counts more points than the one before.
  function takeFrame(frame) {
    if (!frame.reading || frame.run !== state.run || isHeld(frame.step, frame.reading)) return;
    put(frame.step, frame.reading, frame.along);
  }

  const indexOf = (step) => app.kept.indexOf(step, steps); // of the last look that is not after it
  const has = (step) => steps[indexOf(step)] === step;
  const lastStep = () => (steps.length ? steps[steps.length - 1] : -1);

  // The look that is nearest to a step: {step, values, along}, or null.
  function nearest(step) {
    if (!steps.length) return null;
    const at = app.kept.nearest(step, steps);
    return { step: at, ...rows[indexOf(at)] };
  }

  // The last look that is not after a step.
  function before(step) {
    const i = indexOf(step);
    return i < 0 ? null : { step: steps[i], ...rows[i] };
  }

  function placeOf(name) {
    places = places || Object.fromEntries(state.settings.readings.map((reading, i) => [reading.name, i]));
    return places[name];
  }

  const value = (row, name) => (row ? row.values[placeOf(name)] : NaN);

  // x and y of one reading from step `first` on: every look, or the extremes in each of `buckets` pixel columns. With a
  // `weight` smoothed over the steps.
  function curve(name, buckets, axis, first = 0, weight = 0) {
    const column = placeOf(name);
    const raw = rows.map((row) => row.values[column]);
    const values = weight ? app.smoothing.over(steps, raw, weight) : raw;
    const out = { x: [], y: [] };
    const put = (i) => {
      out.x.push(steps[i]);
      out.y.push(values[i]);
    };
    let i = indexOf(first - 1) + 1;
    const few = steps.length - i <= 2 * buckets;
    while (i < steps.length) {
      let end = i + 1;
      if (!few) {
        const bucket = Math.floor(axis.toFraction(steps[i]) * buckets);
        while (end < steps.length && Math.floor(axis.toFraction(steps[end]) * buckets) === bucket) end += 1;
      }
      extremes(values, i, end).forEach(put);
      i = end;
    }
    return out;
  }

  // Where the least and the greatest are, among those that are numbers.
  function extremes(values, start, end) {
    let [low, high] = [start, start];
    for (let i = start; i < end; i++) {
      if (values[i] < values[low] || Number.isNaN(values[low])) low = i;
      if (values[i] > values[high] || Number.isNaN(values[high])) high = i;
    }
    return [...new Set([Math.min(low, high), Math.max(low, high)])];
  }

  // In which state the run is; null where there is nothing to diagnose.
  const diagnosis = () => (state.points && state.points.task === "none" ? null : state.status.diagnosis);

  // What a state means; nothing of one that only a newer GANscope knows.
  const sentence = ({ state: name }) => app.sayOr("", `state.${name}.sentence`);

  state.on("run", clear);
  state.on("frame", takeFrame);

  app.readings = { query, take, nearest, before, value, curve, lastStep, diagnosis, sentence, version: () => version };
})(window.dash_clientside);
