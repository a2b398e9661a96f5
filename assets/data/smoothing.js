// Smoothed curves, as TensorBoard has them: an exponential moving average over the steps, without its bias at the start.
//
// A number that lies n steps back counts weight ** n, whatever has a row or was looked at in between.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  class Average {
    constructor(weight) {
      this.weight = weight;
      this.sum = 0;
      this.weights = 0; // of all that was added: what the sum is divided by
    }

    // The average after one more value, `gap` steps after the one before. A value that is no number leaves a gap.
    add(value, gap) {
      const decay = this.weight ** gap;
      this.sum *= decay;
      this.weights *= decay;
      if (!Number.isFinite(value)) return NaN;
      this.sum += value;
      this.weights += 1;
      return this.sum / this.weights;
    }

    // The averages of every `step`-th value from `at` on, `gap` steps apart, put into `out` from `to` on likewise.
    run(values, at, end, step, gap, out, to) {
      const decay = this.weight ** gap;
      let { sum, weights } = this;
      for (; at < end; at += step, to += step) {
        const value = values[at];
        sum *= decay;
        weights *= decay;
        if (value - value === 0) {
          sum += value;
          weights += 1;
          out[to] = sum / weights;
        } else out[to] = NaN;
      }
      this.sum = sum;
      this.weights = weights;
    }
  }

  // Averages of values at steps, ascending.
  function over(steps, values, weight) {
    const average = new Average(weight);
    return values.map((value, i) => average.add(value, i ? steps[i] - steps[i - 1] : 1));
  }

  app.smoothing = { Average, over };
})(window.dash_clientside);
