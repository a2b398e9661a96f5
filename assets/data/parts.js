// What a configuration says in words, taken apart and put together: "ring(modes=8)", "64,64:relu:tanh". Numbers
// stay as they were typed until they are written, so that what is no number can be said back. gan_core/setup/part.py and
// network.py have the same words. Pure, but for what a visitor's own data are called (own_names.js).
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const NONE = "none"; // in the place of the units: no hidden layer

  // -- reading: text -> value --------------------------------------------------------------------------------------------

  function readPart(text) {
    const [, name, inside = ""] = /^\s*([^(]*)(?:\((.*)\))?\s*$/.exec(text) || [null, text];
    const pairs = inside.split(",").map((pair) => pair.split("=").map((word) => word.trim()));
    return { name: name.trim(), numbers: Object.fromEntries(pairs.filter((pair) => pair.length === 2).map(([number, value]) => [number, shown(value)])) };
  }

  // As Python writes a number or as JavaScript does, it is shown in one way: 1e-07 is 1e-7.
  const shown = (value) => (Number.isNaN(Number(value)) ? value : String(Number(value)));

  function readNetwork(text) {
    const [units, activation = "", ...words] = text.split(":");
    return { units: units.trim() === NONE ? [] : units.split(",").map((unit) => unit.trim()), activation: readPart(activation), words };
  }

  // -- writing: value -> text --------------------------------------------------------------------------------------------

  function writePart({ name, numbers }) {
    const pairs = Object.entries(numbers).map(([number, value]) => `${number}=${real(value)}`);
    return pairs.length ? `${name}(${pairs.join(", ")})` : name;
  }

  const real = (text) => written(text, app.typed.real(text));
  const whole = (text) => written(text, app.typed.whole(text));
  const written = (text, value) => (Number.isNaN(value) ? String(text).trim() : String(value));

  const writeNetwork = ({ units, activation, words }) => [units.map(whole).join(",") || NONE, writePart(activation), ...words].join(":");

  const READ = { network: readNetwork, number: shown };
  const WRITE = { network: writeNetwork, number: real };

  // By the kind of a field: network, number; every other kind is a part.
  const read = (kind, text) => (READ[kind] || readPart)(String(text));
  const write = (kind, value) => (WRITE[kind] || writePart)(value);

  // A number as it is said: a range's end such as 1/7 is not as long as it is exact.
  const plain = (x) => (x < 1e6 ? String(Number(x.toPrecision(6))) : x.toExponential().replace("+", ""));

  // -- in words ----------------------------------------------------------------------------------------------------------

  const label = (kind, name) => app.sayOr(app.ownNames.label(name), `part.${kind}.${name}.label`);
  const help = (kind, name) => app.sayOr(app.ownNames.help(name), `part.${kind}.${name}.help`);
  const numberLabel = (kind, number) => app.sayOr(number, `number.${kind}.${number}.label`);
  const numberHelp = (kind, number) => app.sayOr("", `number.${kind}.${number}.help`);

  function partWords(kind, { name, numbers }) {
    const said = Object.entries(numbers).map(([number, value]) => app.say("experiment.number", { label: lower(numberLabel(kind, number)), value: real(value) }));
    return said.length ? app.say("experiment.numbered", { part: label(kind, name), numbers: said.join(", ") }) : label(kind, name);
  }

  const lower = (text) => text[0].toLowerCase() + text.slice(1);

  const word = (name) => app.sayOr(name, `network.word.${name}`);

  function networkWords(activationKind, { units, activation, words }) {
    return [units.map(whole).join(", ") || app.say("experiment.no-layer"), partWords(activationKind, activation), ...words.map(word)].join(" · ");
  }

  app.parts = { read, write, label, help, numberLabel, numberHelp, partWords, networkWords, word, plain };
})(window.dash_clientside);
