// How the bytes of a map are read, by Python's table `scales`: as colours, as numbers, as words.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const NOTHING = 255; // in maps whose scale says what it means
  const made = new Map();

  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.trim().slice(i, i + 2), 16));
  const pack = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // as it lies in a canvas

  // [share, colour] in ascending order -> the colour at a share, [r, g, b].
  function mixed(stops, at) {
    const k = Math.max(1, stops.findIndex(([end]) => at <= end));
    const [from, low] = stops[k - 1];
    const [to, high] = stops[k];
    const [a, b] = [rgb(low), rgb(high)];
    const w = (at - from) / (to - from);
    return a.map((c, j) => Math.round(c + (b[j] - c) * w));
  }

  // The scale of that name: {table: 256 colours, number, text, ...}; a free one as `frame` has it.
  function of(name, frame) {
    if (!made.has(name)) made.set(name, make(app.state.settings.scales[name]));
    const scale = made.get(name);
    if (!scale.free || !frame || !frame.score) return scale;
    const [level, reach] = frame.score;
    const number = (byte) => level + reach * ((2 * byte) / scale.top - 1);
    return { ...scale, number, text: (byte) => app.brief(Number(number(byte).toPrecision(3))) };
  }

  function make(scale) {
    const { stops, low, high, top, log, nothing, signed } = scale;
    const number = (byte) => {
      const share = Math.min(byte / top, 1);
      return log ? low * (high / low) ** share : low + (high - low) * share;
    };
    const text = (byte) => {
      if (nothing && byte === NOTHING) return nothing;
      const value = number(byte);
      if (!log) return signed ? sign(value.toFixed(2)) : value.toFixed(2);
      const words = app.brief(value.toPrecision(2));
      if (byte !== 0 && byte !== top) return words;
      return app.say(value === Math.min(low, high) ? "scales.at-most" : "scales.at-least", { value: words });
    };
    return { ...scale, number, text, sparse: nothing !== "", table: Uint32Array.from({ length: 256 }, (_, i) => pack(mixed(stops, Math.min(i / top, 1)))) };
  }

  const sign = (text) => (Number(text) > 0 ? `+${text}` : Number(text) === 0 ? text.replace("-", "") : text);

  app.scales = { NOTHING, of, mixed, rgb, pack };
})(window.dash_clientside);
