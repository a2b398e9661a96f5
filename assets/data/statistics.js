// What can be said of a few numbers: median, extremes, and the share that stands behind a count. Pure.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const Z = 1.959963984540054; // of 95 %

  const numbers = (values) => values.filter((value) => typeof value === "number" && Number.isFinite(value)).sort((a, b) => a - b);

  // {low, median, high, n} of those that are numbers; null where none is.
  function summary(values) {
    const sorted = numbers(values);
    const n = sorted.length;
    if (!n) return null;
    const middle = (sorted[Math.floor((n - 1) / 2)] + sorted[Math.floor(n / 2)]) / 2;
    return { low: sorted[0], median: middle, high: sorted[n - 1], n };
  }

  // The interval of Wilson (1927) for the share behind `count` of `of`, at 95 %: gan_core/sweep/statistics.py has the same.
  function wilson(count, of) {
    const share = count / of;
    const scale = 1 + Z ** 2 / of;
    const middle = (share + Z ** 2 / (2 * of)) / scale;
    const reach = (Z / scale) * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
    return { low: count ? middle - reach : 0, high: count < of ? middle + reach : 1 };
  }

  // [name, count] of each name that there is, the commonest first.
  function counts(names) {
    const found = new Map();
    for (const name of names) found.set(name, (found.get(name) || 0) + 1);
    return [...found].sort((a, b) => b[1] - a[1]);
  }

  app.statistics = { summary, wilson, counts };
})(window.dash_clientside);
