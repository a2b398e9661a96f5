// The parts of the data in which fakes are counted, as the run's points tell of them: what they are called, and the axis on
// which they stand above one another.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const MOST_TICKS = 10;
  let made = { of: null, axis: null };

  const now = () => (app.state.points ? app.state.points.strata : null);
  const count = () => now().shares.length;

  // What the target calls its parts, or what anybody's are called.
  const known = () => (app.sayOr("", `strata.${now().words}.label`) ? now().words : "part");

  // What is said of them: "label", "axis", "where", "parts" or "on".
  function words(what) {
    const fields = { count: count() };
    return app.say(`strata.${known()}.${what}`, { ...fields });
  }

  // What an instrument that counts in them reads of these very data; `help` is what it reads of any.
  const OF_THEM = {
    coverage: () => app.say("reading.coverage.of", { parts: words("parts") }),
    on_band: () => app.say("reading.on_band.of", { on: words("on") }),
  };
  const about = (reading, help) => (OF_THEM[reading] && now() && app.sayOr("", `strata.${now().words}.on`) ? OF_THEM[reading]() : help);

  // Part `i`, from 0.
  function name(i) {
    const { groups, ends } = now();
    const each = count() / groups;
    const [low, high] = ends || [0, 1];
    const at = (k) => low + ((high - low) * k) / each;
    const within = i % each;
    const fields = { n: i + 1, group: Math.floor(i / each) + 1, from: at(within), to: at(within + 1) };
    return app.say(`strata.${known()}.part`, { ...fields });
  }

  // The upright axis: of the coordinate where that is one, else of numbers, of groups or parts. The same object for the same
  // run.
  function axis() {
    if (made.of !== app.state.points) made = { of: app.state.points, axis: { ...scale(), y_title: words("axis") } };
    return made.axis;
  }

  function scale() {
    const { groups, ends } = now();
    if (groups === 1 && ends) return { low: ends[0], high: ends[1], ticks: [0, 1, 2, 3, 4].map((k) => ends[0] + (k * (ends[1] - ends[0])) / 4) };
    const numbers = groups > 1 ? groups : count();
    const step = [1, 2, 5, 10, 20, 50].find((n) => numbers / n <= MOST_TICKS);
    const ticks = Array.from({ length: numbers }, (_, i) => i + 1).filter((n) => n % step === 0);
    return { low: 0.5, high: numbers + 0.5, ticks };
  }

  // Where the share of a part is for n real points, 19 times of 20: binomial, near enough to normal for hundreds. Where
  // parts are not equal, from the least part's to the greatest one's.
  function ofRealData(n) {
    const { floors, strata } = app.state.points;
    const of = (share) => share * floors.on_band;
    const apart = (p) => 1.96 * Math.sqrt((p * (1 - p)) / n);
    const [least, most] = [of(Math.min(...strata.shares)), of(Math.max(...strata.shares))];
    return [Math.max(0, least - apart(least)), Math.min(1, most + apart(most))];
  }

  app.strata = { now, count, words, about, name, axis, ofRealData };
})(window.dash_clientside);
