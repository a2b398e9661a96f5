// How notes and tags are said. They may be a stranger's, so they go into the page as text alone.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const tagged = ({ text, tags }) => [text, ...tags.map((tag) => app.say("notes.tagged", { tag }))].filter(Boolean).join(" ");
  const words = (note) => (note.step === null ? tagged(note) : app.say("notes.of-step", { step: note.step, text: tagged(note) }));

  app.notes = { words, tagged };
})(window.dash_clientside);
