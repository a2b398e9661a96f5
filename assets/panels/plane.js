// The plane through latent space that the latent panel shows, where a latent has more than two numbers: a row of controls
// in its head turns it. Of the session all tabs see the same; of a recorded run each page has its own. A frame tells of
// which plane it is (gan_core/setup/plane.py); one of another plane keeps that one's words until it has been made anew.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const USUAL = [1, 2, 3, 0]; // across, up, towards, degrees
  let chosen = USUAL;
  let waiting = null; // a plane that was chosen while a command was under way: the latest wins
  let flying = false;
  let row = null; // {root, across, up, towards, turn, degrees}

  const dim = () => (state.status ? state.status.info.config.latent_dim || 2 : 2);
  const turns = () => dim() > 2 && app.scenes.task() === "gan";
  const reach = () => (state.points ? state.points.reach : 1);
  const isUsual = ([across, up, , degrees]) => across === 1 && up === 2 && !degrees;
  const same = (one, other) => (isUsual(one) && isUsual(other)) || one.join() === other.join();

  // The plane that frames are to show, as the server takes it; null for the usual one.
  const wanted = () => (turns() && !isUsual(chosen) ? chosen : null);

  const of = (frame) => frame.plane || USUAL;
  const isOther = (frame) => turns() && !same(of(frame), chosen);

  // Where the z of the fakes are on the plane of a frame: x and y in turn, divide by POINT.
  const latents = (frame) => frame.latents || state.points.latents;

  // -- words -------------------------------------------------------------------------------------------------------------

  const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
  const z = (i) => `z${[...String(i)].map((digit) => SUBSCRIPTS[digit]).join("")}`;
  const radians = (degrees) => (degrees * Math.PI) / 180;

  // The share that each number of a latent has in a place (a, b) of a plane: [[number, value], ...], those of the plane.
  function numbersAt([across, up, towards, degrees], a, b) {
    const turned = degrees ? [[across, a * Math.cos(radians(degrees))], [towards, a * Math.sin(radians(degrees))]] : [[across, a]];
    return [...turned, [up, b]].sort(([i], [k]) => i - k);
  }

  // What the latent panel's axes are called, of this frame.
  function axes(frame, usual) {
    if (!turns() || !frame) return usual;
    const [across, up, towards, degrees] = of(frame);
    if (!degrees) return [z(across), z(up)];
    const [one, other] = [Math.cos(radians(degrees)), Math.sin(radians(degrees))].map((share) => share.toFixed(2));
    return [app.minus(`${one} ${z(across)} ${other < 0 ? "−" : "+"} ${Math.abs(other).toFixed(2)} ${z(towards)}`), z(up)];
  }

  const two = (x) => x.toFixed(2).replace(/^-(0\.00)$/, "$1");

  // The z at a place (u, v) of the panel, in a line.
  function place(frame, u, v) {
    const [a, b] = [u * reach(), v * reach()];
    if (!turns()) return `z = (${two(a)}, ${two(b)})`;
    const numbers = numbersAt(of(frame), a, b);
    const said = numbers.map(([i, value]) => `${z(i)} = ${two(value)}`).join(", ");
    return numbers.length < dim() ? app.say("plane.others-zero", { numbers: said }) : said;
  }

  // Where the z of a fake is seen: more than two numbers hardly ever lie on the plane.
  function shadow(u, v) {
    const there = `(${two(u * reach())}, ${two(v * reach())})`;
    return turns() ? app.say("plane.shadow", { place: there }) : `z = ${there}`;
  }

  // Of the panel's help; empty where there is nothing to turn.
  const help = () => (turns() ? app.say("plane.help", { dim: dim() }) : "");

  // -- choosing ----------------------------------------------------------------------------------------------------------

  // Another number on one of the three: the one that had it takes what this one leaves.
  function put(at, number) {
    const next = [...chosen];
    const other = next.findIndex((value, i) => i < 3 && value === number);
    next[other] = next[at];
    next[at] = number;
    choose(next);
  }

  function choose(next) {
    if (next.join() === chosen.join()) return;
    chosen = next;
    show();
    if (!app.source.recorded) send(next);
    state.emit("lens");
    app.paint.repaint();
  }

  async function send(plane) {
    waiting = plane;
    if (flying) return;
    flying = true;
    while (waiting) {
      const next = waiting;
      waiting = null;
      await app.command.act({ do: "plane", plane: next });
    }
    flying = false;
    adopt();
  }

  // Another tab has turned it, or another run has begun.
  function adopt() {
    if (!state.status) return;
    const { plane } = state.status;
    if (!app.source.recorded && !flying && plane) {
      const next = [plane.across, plane.up, plane.towards, plane.degrees];
      if (next.join() !== chosen.join()) {
        chosen = next;
        state.emit("lens");
      }
    }
    show();
  }

  // -- the row of controls -----------------------------------------------------------------------------------------------

  function build() {
    const title = app.byId("latent-panel-title");
    if (!title || row) return;
    const list = (id, label, at) => app.element("select", { id, "aria-label": label, onchange: (event) => put(at, Number(event.target.value)) });
    row = {
      across: list("plane-across", app.say("plane.across"), 0),
      up: list("plane-up", app.say("plane.up"), 1),
      towards: list("plane-towards", app.say("plane.towards-label"), 2),
      turn: app.element("input", { id: "plane-turn", type: "range", min: -90, max: 90, step: 1, "aria-label": app.say("plane.turn"), oninput: turn }),
      degrees: app.element("output", { for: "plane-turn" }),
    };
    const words = (key) => app.element("span", { "aria-hidden": "true" }, app.say(key));
    row.root = app.element("div", { id: "latent-plane", class: "plane", role: "group", "aria-label": app.say("plane.label"), hidden: true },
      words("plane.plane"), row.across, words("plane.by"), row.up, words("plane.turned"), row.turn, row.degrees, words("plane.towards"), row.towards);
    title.parentElement.append(row.root);
    show();
  }

  const turn = (event) => choose([...chosen.slice(0, 3), Number(event.target.value)]);

  function show() {
    if (!row) return;
    row.root.hidden = !turns();
    if (row.root.hidden) return;
    const [across, up, towards, degrees] = chosen;
    for (const [select, value] of [[row.across, across], [row.up, up], [row.towards, towards]]) {
      if (select.options.length !== dim()) {
        select.replaceChildren(...Array.from({ length: dim() }, (_, i) => app.element("option", { value: i + 1 }, z(i + 1))));
      }
      select.value = String(value);
    }
    if (document.activeElement !== row.turn || Number(row.turn.value) !== degrees) row.turn.value = String(degrees);
    const words = app.say("plane.degrees", { degrees: app.minus(degrees) });
    if (row.degrees.textContent !== words) row.degrees.textContent = words;
    row.turn.setAttribute("aria-valuetext", app.say("plane.spoken", { degrees: app.minus(degrees), from: z(across), towards: z(towards) }));
  }

  app.ask.plane = wanted;
  state.on("settings", build);
  state.on("progress", adopt);
  state.on("run", () => {
    if (app.source.recorded || Math.max(...chosen.slice(0, 3)) > Math.max(dim(), 3)) chosen = USUAL;
    adopt();
  });

  app.plane = { axes, help, isOther, latents, place, reach, shadow };
})(window.dash_clientside);
