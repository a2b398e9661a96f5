// The numbers of one stage of a step that is told, as a table.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // By the names of gan_core/records/told.py. What there is before and after an update stands in one row.
  const PAIR = /^(.*)_(before|after)$/;

  // [[name, value] or [name, before, after], ...] in their order.
  function rows(numbers) {
    const found = [];
    for (const [name, value] of Object.entries(numbers)) {
      const [, of, when] = PAIR.exec(name) || [null, name, ""];
      if (when === "after") found.find(([known]) => known === of).push(value);
      else found.push([of, value]);
    }
    return found;
  }

  // `probability`: whether what D says is one; else it is a score.
  function table({ kind, numbers }, probability) {
    const all = rows(numbers);
    const pairs = all.some((row) => row.length === 3);
    const cell = (name, value, span) => app.element("td", { "data-number": name, colspan: span > 1 && String(span) }, app.toldPictures.number(value));
    const lines = all.map(([name, ...values]) => {
      const label = (!probability && app.sayOr("", `told.score.${name}`)) || app.say(`told.number.${name}`);
      const cells = values.length === 2 ? [cell(`${name}_before`, values[0], 1), cell(`${name}_after`, values[1], 1)] : [cell(name, values[0], pairs ? 2 : 1)];
      return app.element("tr", {}, app.element("th", { scope: "row" }, label), ...cells);
    });
    const head = pairs && app.element("thead", {}, app.element("tr", {}, app.element("td"), ...["told.before", "told.after"].map((key) => app.element("th", { scope: "col" }, app.say(key)))));
    const caption = app.element("caption", { class: "for-screen-readers" }, app.say("told.numbers", { stage: app.say(`told.name.${kind}`) }));
    return app.element("table", { class: "told-numbers" }, caption, ...(head ? [head] : []), app.element("tbody", {}, ...lines));
  }

  app.toldNumbers = { table };
})(window.dash_clientside);
