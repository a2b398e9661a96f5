// The steps that have a frame, and the rail of the timeline: between two kept steps it is linear in the step, and every
// kept step gets the same room, so that the young run keeps its own.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;

  // Index of the last kept step that is not after `step`; -1 when there is none.
  function indexOf(step, kept = state.kept) {
    let low = 0;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (kept[middle] <= step) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  const has = (step) => state.kept[indexOf(step)] === step;

  // The kept step nearest to `step`, the earlier of two equally near.
  function nearest(step, kept = state.kept) {
    const i = indexOf(step, kept);
    if (i < 0) return kept.length ? kept[0] : step;
    const before = kept[i];
    const after = i + 1 < kept.length ? kept[i + 1] : before;
    return step - before <= after - step ? before : after;
  }

  const last = () => (state.kept.length ? state.kept[state.kept.length - 1] : 0);

  // The step at a position on the rail, 0..1, and back; whole steps.
  function stepAt(position) {
    const gaps = state.kept.length - 1;
    if (gaps < 1) return last();
    const i = Math.min(Math.floor(position * gaps), gaps - 1);
    const [from, to] = [state.kept[i], state.kept[i + 1]];
    return Math.round(from + (position * gaps - i) * (to - from));
  }

  function positionOf(step) {
    const gaps = state.kept.length - 1;
    const i = indexOf(step);
    if (gaps < 1 || i >= gaps) return 1;
    if (i < 0) return 0;
    return (i + (step - state.kept[i]) / (state.kept[i + 1] - state.kept[i])) / gaps;
  }

  app.kept = { indexOf, has, nearest, last, stepAt, positionOf };
})(window.dash_clientside);
