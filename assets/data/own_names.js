// What a visitor's own data are called: by their files, where a target's own name is made of digits.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const FAMILY = "csv-"; // how their names as targets begin, as gan_core/datasets/folder.py has them
  const DIGITS = 4; // of a name that are said: there may be other data of the same file's name
  const known = new Map(); // target -> [label, sentence]

  const isOwn = (target) => target.startsWith(FAMILY);

  // The server's list of data sets, or a part of it. Names come from files: they go into the page as text alone.
  function learn(listed) {
    for (const { target, name, sentence } of listed) {
      const digits = target.slice(FAMILY.length, FAMILY.length + DIGITS);
      known.set(target, [app.say("own-data.named", { name, digits }), sentence]);
    }
  }

  const label = (target) => (known.get(target) || [target])[0];
  const help = (target) => (known.get(target) || ["", ""])[1];

  // What a configuration says, in the same words but for data of somebody's own: they go by their name where it is known.
  const said = (text) => (isOwn(text) ? app.sayOr(label(text), `part.target.${text}.label`) : text);

  app.ownNames = { isOwn, learn, label, help, said, isKnown: (target) => known.has(target) };
})(window.dash_clientside);
