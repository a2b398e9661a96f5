// The numbers of a run's steps, as they come in pages: four a row, row i is step 1 + i * stride.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const COLUMNS = 4;

  class Rows {
    constructor() {
      this.data = new Float32Array(1024 * COLUMNS);
      this.clear();
    }

    clear() {
      this.count = 0;
      this.stride = 1;
    }

    // Takes in the rows of a progress message. False when they do not fit what is held, which then starts anew.
    append(message) {
      if (message.stride !== this.stride || message.from !== this.count) {
        this.count = 0;
        this.stride = message.stride;
        if (message.from !== 0) return false;
      }
      const needed = this.count * COLUMNS + message.metrics.length;
      if (needed > this.data.length) {
        const grown = new Float32Array(Math.max(needed, 2 * this.data.length));
        grown.set(this.data.subarray(0, this.count * COLUMNS));
        this.data = grown;
      }
      this.data.set(message.metrics, this.count * COLUMNS);
      this.count += message.metrics.length / COLUMNS;
      return true;
    }

    stepOf(row) {
      return 1 + row * this.stride;
    }

    lastStep() {
      return this.count ? this.stepOf(this.count - 1) : 0;
    }

    // The four numbers of the held step nearest to `step`: {step, values}, or null before the first.
    valuesAt(step) {
      if (!this.count) return null;
      const row = Math.min(Math.max(Math.round((step - 1) / this.stride), 0), this.count - 1);
      return { step: this.stepOf(row), values: Array.from(this.data.subarray(row * COLUMNS, (row + 1) * COLUMNS)) };
    }

    // x and y of one curve, after step `after` and up to `until`: every row, or the extremes of each of `buckets` pixel
    // columns. `axis` turns a step into its place along the axis, 0..1, and back.
    decimate(column, buckets, axis, { after = 0, until = this.lastStep() } = {}) {
      const x = [];
      const y = [];
      const put = (row) => {
        x.push(this.stepOf(row));
        y.push(this.value(row, column));
      };
      let row = Math.max(0, Math.floor((after - 1) / this.stride) + 1);
      const count = Math.min(this.count, Math.floor((until - 1) / this.stride) + 1);
      if (count - row <= 2 * buckets) {
        for (; row < count; row++) put(row);
        return { x, y };
      }
      while (row < count) {
        const bucket = Math.floor(axis.toFraction(this.stepOf(row)) * buckets);
        const next = Math.ceil((axis.toStep((bucket + 1) / buckets) - 1) / this.stride);
        const end = Math.min(Math.max(row + 1, next), count);
        this.extremes(column, row, end).forEach(put);
        row = end;
      }
      if (x[x.length - 1] !== this.stepOf(count - 1)) put(count - 1); // the curve ends where the training is
      return { x, y };
    }

    value(row, column) {
      return this.data[row * COLUMNS + column];
    }

    // The rows with the smallest and the largest value, in their order.
    extremes(column, start, end) {
      let low = start;
      let high = start;
      for (let r = start; r < end; r++) {
        const value = this.value(r, column);
        if (value < this.value(low, column)) low = r;
        if (value > this.value(high, column)) high = r;
      }
      return low === high ? [low] : low < high ? [low, high] : [high, low];
    }
  }

  app.rows = { Rows };
})(window.dash_clientside);
