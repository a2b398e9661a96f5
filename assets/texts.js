// Sentences by key, in the language of the page: the server puts all of them into it, from gan_core/texts.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const sentences = JSON.parse(document.getElementById("texts").textContent);
  const PLACE = /\{(\w+)(?::\.(\d)|\|([^|{}]*)\|([^|{}]*))?\}/g; // as gan_core/texts/catalogue.py has them

  // The sentence of a key with its fields filled in. One that is missing is a mistake of ours, and shows as its key.
  app.say = (key, fields = {}) => {
    if (sentences[key] !== undefined) return fill(sentences[key], fields);
    console.error(`No text has the key ${key}.`);
    return key;
  };

  // The sentence of a key, or what is to be read where it has none.
  app.sayOr = (otherwise, key) => (sentences[key] === undefined ? otherwise : sentences[key]);

  function fill(sentence, fields) {
    return sentence.replace(PLACE, (place, name, digits, one, many) => {
      if (fields[name] === undefined) console.error(`“${sentence}” lacks its field ${name}.`);
      const value = fields[name];
      if (one !== undefined) return value === 1 ? one : many;
      if (digits !== undefined) return value.toFixed(digits);
      if (typeof value !== "number") return String(value);
      return Number.isInteger(value) ? app.grouped(value) : app.brief(value);
    });
  }
})(window.dash_clientside);
