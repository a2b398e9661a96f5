// The recipe of a run as the hash of an address, and back:
//   #v=2&preset=NAME&config.KEY=TEXT&...&value.NAME=NUMBER&...&seed=N&changes=STEP.NAME.VALUE,...&step=N
//   &cursor=PANEL,X,Y&as=DEVICE.PRECISION.THREADS&sweep=ID
// Of configuration and values only what is not as the scenario has it; where all is, the version is 1, as it was before
// there was anything else. A recipe is {preset, config: {key: text}, values: {name: number}, seed,
// changes: [[step, name, value], ...], step, cursor: {panel, x, y} or {panel, step} or null,
// as: {device, precision, threads} or null, sweep: id or null}. Pure: it knows neither the server nor what is on the screen.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const PLAIN = "1"; // of a link to a scenario as it is told,
  const ALTERED = "2"; // and to one with something else in it
  const LONGEST = 200; // characters of one text of a configuration
  const MOST_QUOTED = 30; // characters of a link that are said back

  // -- writing ---------------------------------------------------------------------------------------------------------

  function write({ preset, config, values, seed, changes, step, cursor, as, sweep }) {
    const others = [
      ...Object.entries(config).map(([key, text]) => `config.${key}=${encodeURIComponent(text)}`),
      ...Object.entries(values).map(([name, value]) => `value.${name}=${value}`),
    ];
    const parts = [`v=${others.length ? ALTERED : PLAIN}`, `preset=${encodeURIComponent(preset)}`, ...others, `seed=${seed}`];
    if (changes.length) parts.push(`changes=${changes.map((change) => change.join(".")).join(",")}`);
    parts.push(`step=${step}`);
    if (cursor) parts.push(`cursor=${cursor.panel === "metrics" ? `metrics,${cursor.step}` : `${cursor.panel},${short(cursor.x)},${short(cursor.y)}`}`);
    if (as) parts.push(`as=${as.device}.${as.precision}.${as.threads}`);
    if (sweep) parts.push(`sweep=${sweep}`);
    return `#${parts.join("&")}`;
  }

  const short = (x) => Number(x.toFixed(4)); // less than a pixel

  // Of [step, name, value] in order, those that made a difference: the last one of each name and step, if it changed
  // what the step before was trained with.
  function effective(changes, values) {
    const found = [];
    const inForce = { ...values };
    for (let i = 0; i < changes.length; ) {
      const [step] = changes[i];
      const wanted = new Map();
      for (; i < changes.length && changes[i][0] === step; i++) wanted.set(changes[i][1], changes[i][2]);
      for (const [name, value] of wanted) {
        if (inForce[name] !== value) found.push([step, name, value]);
        inForce[name] = value;
      }
    }
    return found;
  }

  // -- reading ---------------------------------------------------------------------------------------------------------

  // An address's hash -> {recipe, notes: sentences}; null when it is not meant as a recipe. Whatever is wrong in it is
  // left out or taken as the default, and named.
  function read(hash) {
    if (!hash.includes("=")) return null;
    const notes = [];
    const given = fields(hash, notes);
    if (![PLAIN, ALTERED].includes(given.get("v"))) {
      const version = given.has("v") ? app.say("link.of-version", { version: quoted(given.get("v")) }) : app.say("link.no-version");
      return { recipe: null, notes: [version] };
    }
    const recipe = { preset: readPreset(given.get("preset"), notes) };
    recipe.config = readConfig(given, notes, recipe);
    recipe.values = readValues(inValues(given), notes);
    for (const [name, reader] of Object.entries(READERS)) recipe[name] = reader(given.get(name), notes, recipe);
    return { recipe, notes };
  }

  function fields(hash, notes) {
    const given = new Map();
    for (const part of hash.replace(/^#/, "").split("&")) {
      const at = part.indexOf("=");
      const name = at < 0 ? part : part.slice(0, at);
      if (!name) continue;
      if (!KNOWN.includes(name) && !Object.hasOwn(READERS, name) && !/^(config|value)\./.test(name)) notes.push(app.say("link.unknown-part", { name: quoted(name) }));
      else if (given.has(name)) notes.push(app.say("link.twice", { name: quoted(name) }));
      else given.set(name, decoded(part.slice(at + 1)));
    }
    return given;
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  const KNOWN = ["v", "preset"];
  const READERS = { seed: readSeed, changes: readChanges, step: readStep, cursor: readCursor, as: readAs, sweep: readSweep };

  function readPreset(text, notes) {
    const { presets, link } = state.settings;
    if (text !== undefined && Object.hasOwn(presets, text)) return text;
    const taken = presets[link.preset].title;
    if (text === undefined) notes.push(app.say("link.no-scenario", { taken }));
    else notes.push(app.say("link.unknown-scenario", { scenario: quoted(text), taken }));
    return link.preset;
  }

  // What is not as the scenario has it, by the names that it has; whether a value can be is for the server to say.
  function readConfig(given, notes, { preset }) {
    const found = {};
    for (const [name, text] of given) {
      const [, key] = name.match(/^config\.(.*)$/) || [];
      if (key === undefined || UPDATES.test(`${key}=${text}`)) continue;
      if (!Object.hasOwn(state.settings.presets[preset].config, key)) notes.push(app.say("link.unknown-part", { name: quoted(name) }));
      else if (text.length > LONGEST) notes.push(app.say("link.part-too-long", { name: quoted(name) }));
      else found[key] = text;
    }
    return found;
  }

  // Updates of D and of G were one text of the configuration once, and are two values now.
  const UPDATES = /^updates=(\d{1,2}):(\d{1,2})$/;

  function inValues(given) {
    const [, d, g] = UPDATES.exec(`updates=${given.get("config.updates")}`) || [];
    return d === undefined ? given : new Map([...given, ["value.updates_d", d], ["value.updates_g", g]]);
  }

  function readValues(given, notes) {
    const found = {};
    for (const [name, text] of given) {
      const [, key] = name.match(/^value\.(.*)$/) || [];
      if (key === undefined) continue;
      const slider = Object.values(state.settings.sliders).find((s) => s.name === key);
      const value = decimal(text);
      if (!slider || value === null || isPart(slider, value)) notes.push(app.say("link.unclear", { part: quoted(`${name}=${text}`) }));
      else if (value < slider.low || value > slider.high) notes.push(app.say("link.out-of-range", { name: key, value: quoted(text) }));
      else found[key] = value;
    }
    return found;
  }

  // Whether it is no whole number where one must be.
  const isPart = ({ whole: counts }, value) => counts && !Number.isInteger(value);

  // The sweep of which it was a run, so that the library finds it under that; nothing else depends on it.
  function readSweep(text, notes) {
    if (text === undefined || /^[0-9a-z][0-9a-z-]{0,39}$/.test(text)) return text || null;
    notes.push(app.say("link.unclear", { part: quoted(`sweep=${text}`) }));
    return null;
  }

  function readSeed(text, notes) {
    return readWhole("seed", text, Number.MAX_SAFE_INTEGER, notes);
  }

  function readStep(text, notes) {
    return readWhole("step", text, state.settings.link.steps, notes);
  }

  function readWhole(name, text, most, notes) {
    const number = whole(text, most);
    if (number !== null) return number;
    if (text === undefined) notes.push(app.say("link.lacks", { name }));
    else notes.push(app.say("link.not-whole", { name, value: quoted(text), most: String(most) }));
    return 0;
  }

  function readChanges(text, notes, recipe) {
    const found = [];
    for (const item of text ? text.split(",") : []) {
      const [, at, name, amount] = item.match(/^(\d+)\.(\w+)\.(.+)$/) || [];
      const slider = Object.values(state.settings.sliders).find((s) => s.name === name);
      const step = whole(at, state.settings.link.steps);
      const value = decimal(amount);
      if (!slider || !step || value === null || isPart(slider, value)) notes.push(app.say("link.change-unclear", { change: quoted(item) }));
      else if (value < slider.low || value > slider.high) notes.push(app.say("link.out-of-range", { name, value: quoted(amount) }));
      else if (found.length && step < found[found.length - 1][0]) notes.push(app.say("link.change-late", { change: quoted(item) }));
      else found.push([step, name, value]);
    }
    const changes = effective(found, { ...state.settings.presets[recipe.preset].values, ...recipe.values });
    const most = state.settings.link.changes;
    if (changes.length > most) notes.push(app.say("link.many-changes", { count: changes.length, most }));
    return changes.slice(0, most);
  }

  function readCursor(text, notes) {
    if (text === undefined) return null;
    const [panel, ...numbers] = text.split(",");
    const [x, y] = numbers.map(decimal);
    const inside = (v) => v !== null && v >= -1 && v <= 1;
    if (app.panels.square().includes(panel) && numbers.length === 2 && inside(x) && inside(y)) return { panel, x, y };
    const step = whole(numbers[0], state.settings.link.steps);
    if (panel === "metrics" && numbers.length === 1 && step) return { panel, step };
    notes.push(app.say("link.no-place", { cursor: quoted(text) }));
    return null;
  }

  function readAs(text, notes) {
    if (text === undefined) return null;
    const [, device, precision, threads] = text.match(/^(cpu|cuda)\.(float32|bfloat16)\.(\d{1,4})$/) || [];
    if (device) return { device, precision, threads: Number(threads) };
    notes.push(app.say("link.computed-unclear", { how: quoted(text) }));
    return null;
  }

  const whole = (text, most) => (/^\d{1,16}$/.test(text || "") && Number(text) <= most ? Number(text) : null);
  const decimal = (text) => (/^-?\d{1,20}(\.\d{1,30})?(e[-+]?\d{1,3})?$/.test(text || "") ? Number(text) : null);
  const quoted = (text) => (text.length > MOST_QUOTED ? `“${text.slice(0, MOST_QUOTED)}…”` : `“${text}”`);

  app.recipe = { write, read, effective };
})(window.dash_clientside);
