// The draft of another experiment: what the visitor has chosen otherwise than the present run is made of. Fields that were
// not touched follow the run; what the run comes to have itself is no longer a difference.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const edits = new Map(); // field -> value, as app.parts reads it

  const tables = () => state.settings.experiment;
  const fields = () => tables().fields.filter(([field]) => state.status.info.config[field] !== undefined);
  const kindOf = (field) => tables().fields.find(([name]) => name === field)[1];
  const running = (field) => app.parts.read(kindOf(field), state.status.info.config[field]);
  const value = (field) => (edits.has(field) ? edits.get(field) : running(field));

  function put(field, next) {
    edits.set(field, next);
    settle();
  }

  // Edits that are as the run has it are none.
  function settle() {
    for (const [field, edited] of edits) {
      const kind = kindOf(field);
      if (app.parts.write(kind, edited) === app.parts.write(kind, running(field))) edits.delete(field);
    }
  }

  const changed = (field) => edits.has(field);
  const drop = () => edits.clear();

  // The fields that differ, as text, as commands have them.
  const texts = () => Object.fromEntries([...edits].map(([field, edited]) => [field, app.parts.write(kindOf(field), edited)]));

  // -- what is wrong -----------------------------------------------------------------------------------------------------

  // Sentences by the place in a field where each belongs.
  function problems(field) {
    const kind = kindOf(field);
    const { limits } = tables();
    const now = value(field);
    const found = new Map();
    const check = (at, text, asked, label) => {
      const { low, high, whole, even } = asked;
      const read = whole ? app.typed.whole(text) : app.typed.real(text);
      if (read >= (low ?? -Infinity) && read <= (high ?? Infinity) && !(even && read % 2)) return;
      if (low === null) found.set(at, app.say("experiment.no-number", { label }));
      else found.set(at, app.say(even ? "experiment.needs-even" : whole ? "experiment.needs-whole" : "experiment.needs-number", { label, low: app.parts.plain(low), high: app.parts.plain(high) }));
    };
    const ofPart = (partKind, { name, numbers }) => {
      const known = tables().parts[partKind][name] || {};
      for (const [number, asked] of Object.entries(known)) if (numbers[number] !== undefined) check(number, numbers[number], asked, app.parts.numberLabel(partKind, number));
    };
    if (kind === "network") {
      const asked = { low: 1, high: limits.units, whole: true };
      // What the run has already may be larger than what a page may ask for.
      if (changed(field)) now.units.forEach((text, i) => check(`unit-${i}`, text, asked, app.say("experiment.units-named", { layer: i + 1 })));
      ofPart(tables().activation, now.activation);
    } else if (kind === "number") {
      if (changed(field)) check("number", now, tables().numbers[field], state.settings.labels[field] || field);
    } else ofPart(kind, now);
    return found;
  }

  // -- in words ----------------------------------------------------------------------------------------------------------

  function words(field, what) {
    const kind = kindOf(field);
    if (kind === "network") return app.parts.networkWords(tables().activation, what);
    return Object.hasOwn(tables().parts, kind) ? app.parts.partWords(kind, what) : app.parts.write(kind, what).replace(":", " : ");
  }

  // [label, as the run has it, as drafted] of what differs.
  const differences = () => fields().filter(([field]) => changed(field)).map(([field]) => [state.settings.labels[field] || field, words(field, running(field)), words(field, edits.get(field))]);

  app.draft = { fields, kindOf, value, running, put, settle, changed, drop, texts, problems, differences, size: () => edits.size };
})(window.dash_clientside);
