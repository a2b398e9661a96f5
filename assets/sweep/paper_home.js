// Papers' tables: which there are to train, the form for one, and those that are trained here, or were.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const SHORT = 2000; // steps that a table is trained for where nothing else is asked: minutes, not days
  const SEEDS = 5; // fewer decide nothing

  // {root, fill(tables)}.
  function make({ papers, tables, cores }) {
    const lines = papers.map((paper) => app.element("li", {}, app.button(app.say("papers.set-up"), () => form(paper, cores), paper.title), app.element("strong", { lang: "en" }, paper.title), app.element("span", {}, app.say("papers.about", { ways: paper.ways.length, steps: paper.steps }))));
    const list = app.sweepList.make(app.say("papers.list"), ({ id }) => app.paper.open(id, cores));
    const which = app.element("section", {}, app.element("h3", {}, app.say("papers.title")), app.element("p", {}, app.say("papers.what")), app.element("ul", { class: "sweeps-list", "aria-label": app.say("papers.title") }, ...lines));
    list.fill(tables);
    return { root: app.element("div", { class: "paper-home" }, which, list.root), fill: list.fill };
  }

  // What is to be trained of a table, for how long, and by how many processes.
  function form(paper, cores) {
    const field = (label, input) => app.element("div", { class: "form-field" }, app.element("label", { for: input.id }, label), input);
    const number = (id, value) => app.element("input", { id, type: "text", inputmode: "numeric", autocomplete: "off", class: "short", value, oninput: changed });
    const ways = paper.ways.map(({ name, words }) => {
      const box = app.element("input", { type: "checkbox", value: name, checked: true, onchange: changed });
      return { box, root: app.element("label", { lang: "en" }, box, " ", words) };
    });
    const seeds = number("paper-seeds", SEEDS);
    const steps = number("paper-steps", Math.min(SHORT, paper.steps));
    const whole = app.button(app.say("papers.whole", { steps: paper.steps }), () => {
      steps.value = String(paper.steps);
      changed();
    });
    const workers = app.element("select", { id: "paper-workers", onchange: changed }, ...app.steering.counts(cores));
    workers.value = String(cores);
    const length = app.element("p", { class: "field-help", id: "paper-length" });
    const cost = app.element("p", { id: "paper-cost", role: "status" });
    const error = app.element("p", { id: "paper-error", class: "field-error", role: "alert" });
    const ask = app.element("button", { type: "button", class: "button", onclick: measure }, app.say("sweep.ask"));
    const train = app.element("button", { type: "button", class: "button chief", onclick: begin }, app.say("papers.train"));
    let measured = null; // what was asked last of how long it takes

    function changed() {
      measured = null;
      cost.textContent = "";
      error.textContent = "";
      const n = app.typed.whole(steps.value);
      length.textContent = app.say(n < paper.steps ? "papers.short" : "papers.long", { steps: paper.steps });
    }

    // {asked}, or {error}.
    function read() {
      const [count, n] = [app.typed.whole(seeds.value), app.typed.whole(steps.value)];
      if (!(count >= 1)) return { error: app.say("papers.bad-seeds") };
      if (!(n >= 1 && n <= paper.steps)) return { error: app.say("seeds.bad-steps", { most: paper.steps }) };
      const chosen = ways.filter(({ box }) => box.checked).map(({ box }) => box.value);
      return { asked: { table: paper.name, seeds: count, steps: n, ways: chosen, workers: Number(workers.value) } };
    }

    async function measure() {
      changed();
      const { asked, error: wrong } = read();
      if (wrong) return (error.textContent = wrong);
      const tell = ({ seconds, ways: of }) => (cost.textContent = app.say("papers.measuring", { n: Object.keys(seconds).length, of }));
      tell({ seconds: {}, ways: asked.ways.length });
      measured = asked;
      const { said, error: refused } = await app.papers.cost(asked, () => measured === asked && cost.isConnected, (on) => measured === asked && tell(on));
      if (measured !== asked) return;
      cost.textContent = "";
      if (refused) return (error.textContent = refused);
      if (said.seconds_in_all === null) return;
      const runs = asked.seeds * asked.ways.length;
      cost.textContent = app.say("papers.cost", { runs, time: app.sweepWords.time(said.seconds_in_all), n: asked.workers });
    }

    async function begin() {
      const { asked, error: wrong } = read();
      if (wrong) return (error.textContent = wrong);
      const { said, error: refused } = await app.papers.begin(asked);
      if (refused) error.textContent = refused;
      else app.paper.open(said.id, cores);
    }

    changed();
    const chosen = app.element("fieldset", { class: "sweep-axis paper-ways" }, app.element("legend", {}, app.say("papers.ways")), ...ways.map(({ root }) => root));
    const row = app.element("div", { class: "form-row" }, field(app.say("seeds.count"), seeds), field(app.say("seeds.steps"), steps), whole, field(app.say("sweep.workers"), workers));
    const root = app.element("form", { class: "sweep-form paper-body", onsubmit: (event) => event.preventDefault() }, app.element("p", {}, app.say("papers.what")), chosen, row, length, app.element("div", { class: "buttons" }, ask, train), cost, error);
    app.sweepWindow.show({ id: "paper-form", title: paper.title, body: root, actions: [app.sweepHome.button()] });
  }

  app.paperHome = { make };
})(window.dash_clientside);
