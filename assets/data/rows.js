// The numbers of a run's steps, as they come in pages: four a row, row i is step 1 + i * stride.
//
// Where rows were thinned, each brings its extremes: the least and the greatest of the four numbers over all steps after
// the row before it, up to its own. Least and greatest of whole blocks of rows are kept ready, so that a million steps
// are drawn in about a millisecond.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const COLUMNS = 4;
  const BLOCK = 64; // rows

  class Rows {
    constructor() {
      this.data = new Float32Array(1024 * COLUMNS);
      this.clear();
    }

    clear() {
      this.count = 0;
      this.stride = 1;
      this.wide = null; // extremes: least of each column, then greatest; null where rows are all there is
      this.blocks = { count: 0, data: new Float32Array(16 * 2 * COLUMNS) }; // the same of BLOCK rows each
      this.averages = null; // see `smoothed`
    }

    // Takes in the rows of a progress message. False when they do not fit what is held, which then starts anew.
    append(message) {
      if (message.stride !== this.stride || message.from !== this.count) {
        this.clear();
        this.stride = message.stride;
        if (message.from !== 0) return false;
      }
      const { metrics, extremes } = message;
      this.data = put(this.data, this.count * COLUMNS, metrics);
      if (extremes) this.wide = put(this.wide || new Float32Array(1024), 2 * this.count * COLUMNS, extremes);
      this.count += metrics.length / COLUMNS;
      this.summarise();
      return true;
    }

    summarise() {
      const { blocks } = this;
      for (; (blocks.count + 1) * BLOCK <= this.count; blocks.count++) {
        const found = new Float32Array(2 * COLUMNS);
        for (let column = 0; column < COLUMNS; column++) {
          const { low, high } = this.among(column, blocks.count * BLOCK, (blocks.count + 1) * BLOCK);
          found[column] = low;
          found[COLUMNS + column] = high;
        }
        blocks.data = put(blocks.data, blocks.count * 2 * COLUMNS, found);
      }
    }

    stepOf(row) {
      return 1 + row * this.stride;
    }

    // The first row whose step is not before that one.
    rowFrom(step) {
      return Math.max(0, Math.ceil((step - 1) / this.stride));
    }

    lastStep() {
      return this.count ? this.stepOf(this.count - 1) : 0;
    }

    value(row, column) {
      return this.data[row * COLUMNS + column];
    }

    // The four numbers of the held step nearest to `step`: {step, values}, or null before the first.
    valuesAt(step) {
      if (!this.count) return null;
      const row = Math.min(Math.max(Math.round((step - 1) / this.stride), 0), this.count - 1);
      return { step: this.stepOf(row), values: Array.from(this.data.subarray(row * COLUMNS, (row + 1) * COLUMNS)) };
    }

    // The least and the greatest of each column over the steps from..until, as far as rows go: {from, until, low: [4],
    // high: [4]}, with the steps that they are of, which are more where rows were thinned. Null where there are none.
    between(from, until) {
      const start = this.rowFrom(from);
      const end = Math.min(Math.max(start + 1, this.rowFrom(until + 1)), this.count);
      if (start >= end) return null;
      const found = Array.from({ length: COLUMNS }, (_, column) => this.extremes(column, start, end));
      const first = start && this.wide ? this.stepOf(start - 1) + 1 : this.stepOf(start);
      return { from: first, until: this.stepOf(end - 1), low: found.map(({ low }) => low), high: found.map(({ high }) => high) };
    }

    // x and y of one curve, after step `after` and up to `until`: every row, or the extremes of each of `buckets` pixel
    // columns. `axis` turns a step into its place along the axis, 0..1, and back.
    decimate(column, buckets, axis, { after = 0, until = this.lastStep() } = {}) {
      const out = { x: [], y: [] };
      const put = (row, value) => {
        out.x.push(this.stepOf(row));
        out.y.push(value);
      };
      let row = Math.max(0, Math.floor((after - 1) / this.stride) + 1);
      const count = Math.min(this.count, Math.floor((until - 1) / this.stride) + 1);
      const few = count - row <= 2 * buckets;
      while (row < count) {
        const end = few ? row + 1 : Math.min(Math.max(row + 1, this.endOfBucket(row, buckets, axis)), count);
        const { low, high, lowRow, highRow } = this.extremes(column, row, end);
        const [first, second] = lowRow <= highRow ? [low, high] : [high, low];
        put(Math.min(lowRow, highRow), first);
        if (lowRow !== highRow || low < high) put(Math.max(lowRow, highRow), second);
        if (end - row === 1 && low < high) put(row, this.value(row, column)); // goes on from the step's own number
        row = end;
      }
      // The curve ends where the training is.
      if (out.x.length && out.x[out.x.length - 1] !== this.stepOf(count - 1)) put(count - 1, this.value(count - 1, column));
      return out;
    }

    endOfBucket(row, buckets, axis) {
      const bucket = Math.floor(axis.toFraction(this.stepOf(row)) * buckets);
      return Math.ceil((axis.toStep((bucket + 1) / buckets) - 1) / this.stride);
    }

    // {low, high, lowRow, highRow} of rows start..end of a column. NaN of all when there are no numbers.
    extremes(column, start, end) {
      const first = Math.ceil(start / BLOCK);
      const last = Math.min(Math.floor(end / BLOCK), this.blocks.count);
      if (last - first < 1) return this.among(column, start, end);
      const found = this.among(column, start, first * BLOCK);
      const { data } = this.blocks;
      let [lowBlock, highBlock] = [-1, -1];
      for (let b = first; b < last; b++) {
        const at = b * 2 * COLUMNS + column;
        if (!(data[at] >= found.low) && data[at] === data[at]) [found.low, lowBlock] = [data[at], b];
        if (!(data[at + COLUMNS] <= found.high) && data[at + COLUMNS] === data[at + COLUMNS]) [found.high, highBlock] = [data[at + COLUMNS], b];
      }
      if (lowBlock >= 0) found.lowRow = this.among(column, lowBlock * BLOCK, (lowBlock + 1) * BLOCK).lowRow;
      if (highBlock >= 0) found.highRow = this.among(column, highBlock * BLOCK, (highBlock + 1) * BLOCK).highRow;
      return this.among(column, last * BLOCK, end, found);
    }

    // The same, row by row, beyond what was `found` already.
    among(column, start, end, { low, high, lowRow, highRow } = { low: NaN, high: NaN, lowRow: start, highRow: start }) {
      const { wide, data } = this;
      const [from, step] = wide ? [wide, 2 * COLUMNS] : [data, COLUMNS];
      const up = wide ? COLUMNS : 0; // from a row's least to its greatest
      for (let row = start, at = start * step + column; row < end; row++, at += step) {
        const least = from[at];
        const greatest = from[at + up];
        if (least < low || (low !== low && least === least)) {
          low = least;
          lowRow = row;
        }
        if (greatest > high || (high !== high && greatest === greatest)) {
          high = greatest;
          highRow = row;
        }
      }
      return { low, high, lowRow, highRow };
    }

    // The same rows, smoothed over the steps: made once, in one pass over all rows, and carried on as rows come.
    smoothed(weight) {
      if (!this.averages || this.averages.weight !== weight) {
        const rows = new Rows();
        rows.stride = this.stride;
        this.averages = { weight, rows, of: Array.from({ length: COLUMNS }, () => new app.smoothing.Average(weight)) };
      }
      const { rows, of } = this.averages;
      const metrics = new Float32Array((this.count - rows.count) * COLUMNS);
      const from = rows.count * COLUMNS;
      for (let column = 0; column < COLUMNS; column++) of[column].run(this.data, from + column, this.count * COLUMNS, COLUMNS, this.stride, metrics, column);
      rows.append({ stride: this.stride, from: rows.count, metrics });
      return rows;
    }
  }

  // Values put into an array at a place, or into a longer copy of it where there is no room.
  function put(array, at, values) {
    if (at + values.length > array.length) {
      const grown = new Float32Array(Math.max(at + values.length, 2 * array.length));
      grown.set(array.subarray(0, at));
      array = grown;
    }
    array.set(values, at);
    return array;
  }

  const held = new Rows(); // those of the run that the page is at

  // Takes in those of a progress message. False when they do not fit what is held, which then starts anew.
  function append(message) {
    if (!held.append(message)) return false;
    app.state.emit("rows");
    return true;
  }

  app.state.on("run", () => held.clear());

  app.rows = {
    Rows,
    held,
    append,
    count: () => held.count,
    lastStep: () => held.lastStep(),
    valuesAt: (step) => held.valuesAt(step),
  };
})(window.dash_clientside);
