// No flashing: where more than a tenth of a map would flip between red and blue, or between light and dark, more than three
// times a second, the map fades from one frame to the next, as one picture. Else, and whenever nothing moves by itself,
// the exact map is there at once.
//
// A grid of places is watched on each map: how often the exact colours turn, and how often the painted ones do. A turn is a
// change back by as much as WCAG 2.3.1 counts in lightness, or from red about half of the way to white. A tenth is what
// WCAG lets flash, 21,824 CSS pixels, in the largest panels.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const SIDE = 24; // places along a map's side
  const PLACES = SIDE * SIDE;
  const FEW = Math.floor(0.1 * PLACES); // places that may flash
  const SECOND = 1000; // ms
  const FADE = 400; // ms, time constant
  const AGAIN = 100; // ms after which a fade goes on without a new frame

  // Turns of a quantity that count, and how many of them are allowed in any second: three between red and blue, and three
  // pairs between light and dark. A little stricter than WCAG's 0.1 and 0.8: between two places colours differ somewhat.
  const RED_BLUE = { least: 80, allowed: 3, dark: Infinity }; // red less blue, -255 to 255
  const LIGHTNESS = { least: 0.08, allowed: 5, dark: 0.9 }; // relative luminance; light on light does not count
  const colours = new WeakMap(); // table of a scale -> what is asked of its colours
  const linear = Float32Array.from({ length: 256 }, (_, c) => (c <= 10 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  const luminance = (r, g, b) => 0.2126 * linear[(r + 0.5) | 0] + 0.7152 * linear[(g + 0.5) | 0] + 0.0722 * linear[(b + 0.5) | 0];
  let again = null; // timer

  // Follows a quantity at every place: since its last turn it has reached from `low` to `high`.
  class Turns {
    constructor({ least, allowed, dark }) {
      Object.assign(this, { least, allowed, dark });
      this.high = new Float32Array(PLACES).fill(-Infinity);
      this.low = new Float32Array(PLACES).fill(Infinity);
      this.way = new Int8Array(PLACES); // 1: upwards, -1: downwards, 0: not known yet
      this.times = new Float64Array(PLACES * allowed).fill(-Infinity); // of the last turns
      this.oldest = new Uint8Array(PLACES); // which of them is the oldest
    }

    // 1 or -1 when `value` would be a turn upwards or downwards.
    turn(i, value) {
      const { least, dark, way } = this;
      if (way[i] >= 0 && this.high[i] - value >= least && value < dark) return -1;
      if (way[i] <= 0 && value - this.low[i] >= least && this.low[i] < dark) return 1;
      return 0;
    }

    // Whether a turn now would be one too many.
    full(i, now) {
      return this.times[i * this.allowed + this.oldest[i]] > now - SECOND;
    }

    // Takes a value in; true when it was one turn too many.
    note(i, value, now) {
      const turn = this.turn(i, value);
      if (turn === 0) {
        if (this.way[i] >= 0) this.high[i] = Math.max(this.high[i], value);
        if (this.way[i] <= 0) this.low[i] = Math.min(this.low[i], value);
        return false;
      }
      const over = this.full(i, now);
      this.times[i * this.allowed + this.oldest[i]] = now;
      this.oldest[i] = (this.oldest[i] + 1) % this.allowed;
      this.way[i] = turn;
      this.high[i] = this.low[i] = value;
      return over;
    }
  }

  // The two quantities at every place, and until when a place counts as one that flashes.
  const turns = () => ({ redBlue: new Turns(RED_BLUE), lightness: new Turns(LIGHTNESS), until: new Float64Array(PLACES) });

  const watch = () => ({
    exact: turns(),
    painted: turns(),
    colour: new Float32Array(3 * PLACES), // painted: red, green, blue
    at: new Int32Array(PLACES), // where the exact colour is among those that are told
    time: -Infinity,
  });

  // Five numbers for each of a scale's 256 colours: red, green, blue, red less blue, and luminance.
  function told(table) {
    if (!colours.has(table)) {
      const each = Array.from(table, (c) => [c & 255, (c >> 8) & 255, (c >> 16) & 255]);
      colours.set(table, Float32Array.from(each.flatMap(([r, g, b]) => [r, g, b, r - b, luminance(r, g, b)])));
    }
    return colours.get(table);
  }

  // The share of the new map in what is to be painted over what is there: 1 for the new map alone.
  function share(layer, map, cells, table, now) {
    const seen = (layer.watched = layer.watched || watch());
    const known = told(table);
    const step = 1 - Math.exp(Math.min(0, seen.time - now) / FADE);
    seen.time = now;
    look(seen, map, cells);
    const restless = note(seen.exact, (i) => known[seen.at[i] + 3], (i) => known[seen.at[i] + 4], now);
    const found = app.calm.moving() ? allowed(seen, known, restless > FEW ? step : 1, step, now) : 1;
    mix(seen, known, found);
    const { colour } = seen;
    note(seen.painted, (i) => colour[3 * i] - colour[3 * i + 2], (i) => luminance(colour[3 * i], colour[3 * i + 1], colour[3 * i + 2]), now);
    return found;
  }

  function look({ at }, map, cells) {
    for (let row = 0, i = 0; row < SIDE; row++) {
      const along = Math.floor(((row + 0.5) / SIDE) * cells) * cells;
      for (let column = 0; column < SIDE; column++, i++) at[i] = 5 * map[along + Math.floor(((column + 0.5) / SIDE) * cells)];
    }
  }

  // Takes in the quantities of all places; returns how many have turned too often within the last second.
  function note({ redBlue, lightness, until }, redBlueOf, lightnessOf, now) {
    let count = 0;
    for (let i = 0; i < PLACES; i++) {
      const over = redBlue.note(i, redBlueOf(i), now);
      if (lightness.note(i, lightnessOf(i), now) || over) until[i] = now + SECOND;
      if (now < until[i]) count += 1;
    }
    return count;
  }

  // `wanted`, or the most below it with which no more than a few places flash.
  function allowed(seen, known, wanted, step, now) {
    for (let tried = wanted; tried > 0.005; tried = Math.min(tried / 2, step)) if (flashing(seen, known, tried, now) <= FEW) return tried;
    return 0;
  }

  function flashing({ painted: { redBlue, lightness, until }, colour, at }, known, tried, now) {
    let count = 0;
    for (let i = 0; i < PLACES; i++) {
      const full = redBlue.full(i, now), dim = lightness.full(i, now);
      if (now < until[i]) count += 1;
      else if (full || dim) {
        const part = (c) => colour[3 * i + c] + (known[at[i] + c] - colour[3 * i + c]) * tried;
        const r = part(0), g = part(1), b = part(2);
        if ((full && redBlue.turn(i, r - b)) || (dim && lightness.turn(i, luminance(r, g, b)))) count += 1;
      }
    }
    return count;
  }

  function mix({ colour, at }, known, found) {
    for (let i = 0; i < PLACES; i++) {
      for (let c = 0; c < 3; c++) colour[3 * i + c] += (known[at[i] + c] - colour[3 * i + c]) * found;
    }
  }

  // -- pictures --------------------------------------------------------------------------------------------------------

  const canvas = ({ width, height }) => Object.assign(document.createElement("canvas"), { width, height });

  // Before the new map is made: holds the picture that is on the screen, layer.image, if a fade begins from it.
  function hold(layer) {
    const { image, fade } = layer;
    if (!fade || fade.held.width !== image.width || fade.held.height !== image.height) {
      layer.fade = { held: canvas(image), fresh: canvas(image), on: false };
    }
    if (!layer.fade.on) layer.fade.held.getContext("2d").putImageData(image, 0, 0);
    layer.fade.on = true;
  }

  // The picture that is held, once the new map, layer.image, has come over it by its share.
  function blend({ image, fade: { held, fresh } }, part) {
    fresh.getContext("2d").putImageData(image, 0, 0);
    const context = held.getContext("2d");
    context.globalAlpha = part;
    context.drawImage(fresh, 0, 0);
    clearTimeout(again);
    again = setTimeout(app.paint.repaint, AGAIN);
    return held;
  }

  function end(layer) {
    if (layer.fade) layer.fade.on = false;
  }

  // Whether a panel's colours are on their way to those of its map.
  const on = (layer) => Boolean(layer && layer.fade && layer.fade.on);

  app.fade = { share, hold, blend, end, on };
})(window.dash_clientside);
