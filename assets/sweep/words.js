// What runs of a sweep are, in words: verdicts with their shapes and intervals, readings, cells, times.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;

  const shape = (verdict) => (Object.hasOwn(state.settings.tables.shapes, verdict) ? state.settings.tables.shapes[verdict] : "");
  const verdict = (name) => app.sayOr(name, `state.${name}.short`);
  const shaped = (name) => `${shape(name)}\u00a0${verdict(name)}`.trim();

  // "collapsed in 5 of 8 (95 %: 0.31 to 0.86); ...", the commonest first.
  function verdicts(names) {
    return app.statistics.counts(names).map(([name, count]) => {
      const { low, high } = app.statistics.wilson(count, names.length);
      return app.say("sweep.verdict", { verdict: verdict(name), count, of: names.length, low, high });
    }).join("; ");
  }

  const reading = (name) => app.sayOr(app.sayOr(name, `reading.${name}.label`), `sweep.reading.${name}`);
  const label = (name) => state.settings.labels[name] || name;
  const lower = (text) => (/^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text);

  // Where a cell is: "learning rate of G 0.001, beta1 of G 0.9".
  const cell = ({ of }) => Object.entries(of).map(([name, value]) => (name === "recipe" ? app.say(`sweep.recipe.${value}`) : app.say("sweep.at", { name: lower(label(name)), value: app.ownNames.said(value) }))).join(", ");

  function time(seconds) {
    if (seconds < 10) return app.say("sweep.seconds-part", { n: seconds });
    if (seconds < 90) return app.say("story.seconds", { n: Math.round(seconds) });
    if (seconds < 5400) return app.say("story.minutes", { n: Math.round(seconds / 60) });
    return app.say("story.hours", { hours: seconds / 3600 });
  }

  // What a run is in now: its verdict once it is done, else what its last look said.
  function stateOf({ rows, looks }, { key }) {
    if (rows.has(key)) return rows.get(key).verdict;
    const seen = looks.get(key);
    return seen ? seen[seen.length - 1].state : null;
  }

  function stepOf({ rows, looks }, { key }) {
    if (rows.has(key)) return rows.get(key).steps;
    const seen = looks.get(key);
    return seen ? seen[seen.length - 1].step : 0;
  }

  // How it stands, and how long it will take.
  function progress({ done, runs, state: now, rate, sentence }) {
    const said = [app.say(`sweep.state.${now}`), app.say("sweep.done", { done, runs })];
    if (now === "running" && rate) said.push(app.say("sweep.rate", { rate: rate > 0.01 ? Math.round(rate * 3600) : rate * 3600 }), app.say("sweep.left", { time: time((runs - done) / rate) }));
    return [said.join(" · "), sentence].filter(Boolean).join(". ");
  }

  // The value that a reading has at the end of a run.
  const last = (row, name) => (row.readings[name].length ? row.readings[name][row.readings[name].length - 1] : null);

  app.sweepWords = { shape, verdict, shaped, verdicts, reading, label, cell, time, stateOf, stepOf, progress, last };
})(window.dash_clientside);
