// The pad: a dialog in which a visitor draws data. What was drawn stays, closed or loaded anew, until the tab is closed.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const KEPT = "ganscope-drawing";
  let pad = null; // what is open: {root, drawing, brush, send, use, ...}

  // Opens it. `send(file, tell)` takes what is drawn, as a table, and resolves to {target}, or {why} it was not taken, in a
  // sentence; `use(target)` comes after, with the pad closed again.
  function open(send, use) {
    if (pad) return;
    const drawing = app.drawing.make(app.drawing.read(app.browser.passing.get(KEPT)));
    const canvas = app.element("canvas", { id: "pad-canvas", class: "pad-canvas", tabindex: "0", role: "application", "aria-label": app.say("pad.canvas"), "aria-describedby": "pad-keys" });
    pad = { drawing, send, use, opener: document.activeElement, sending: false };
    pad.brush = app.brush.make({ canvas, drawing, changed, told: show });
    pad.root = build(canvas);
    document.body.append(pad.root);
    pad.root.showModal();
    canvas.focus();
    show();
  }

  // -- building ------------------------------------------------------------------------------------------------------------

  function build(canvas) {
    const press = (id, name, onclick, kind = "") => app.element("button", { id: `pad-${id}`, type: "button", class: `button ${kind}`, title: app.sayOr(false, `pad.help.${name}`), onclick }, app.say(`pad.press.${name}`));
    const { low, high, step, usual } = app.drawing.SIZES;
    const size = app.element("input", { id: "pad-size", type: "range", min: low, max: high, step, value: usual, oninput: resize });
    const parts = {
      paint: press("paint", "paint", () => app.brush.hold(pad.brush, "paint")),
      erase: press("erase", "erase", () => app.brush.hold(pad.brush, "erase")),
      undo: press("undo", "undo", () => change(app.drawing.undo)),
      redo: press("redo", "redo", () => change(app.drawing.redo)),
      clear: press("clear", "clear", () => change(app.drawing.clear)),
      use: press("use", "use", useIt, "chief"),
      size,
      width: app.element("span", { class: "pad-width", "aria-hidden": "true" }),
      status: app.element("p", { id: "pad-status", role: "status" }),
      error: app.element("p", { id: "pad-error", class: "field-error", role: "alert" }),
    };
    pad.parts = parts;
    const cross = app.element("button", { id: "pad-close", type: "button", class: "button cross", "aria-label": app.say("pad.close"), title: app.say("pad.close"), onclick: () => pad.root.close() }, "✕");
    const row = (...buttons) => app.element("div", { class: "buttons" }, ...buttons);
    const kinds = app.element("div", { class: "buttons", role: "group", "aria-label": app.say("pad.tool") }, parts.paint, parts.erase);
    const sized = app.element("div", { class: "pad-size" }, app.element("label", { for: size.id }, app.say("pad.size")), parts.width, size);
    const keys = app.element("p", { id: "pad-keys", class: "field-help" }, app.say("pad.keys"));
    const tools = app.element("div", { class: "pad-tools" }, app.element("p", {}, app.say("pad.about")), kinds, sized, row(parts.undo, parts.redo, parts.clear), parts.status, parts.error, row(parts.use), keys);
    const head = app.element("div", { class: "pad-head" }, app.element("h2", { id: "pad-title" }, app.say("pad.title")), cross);
    // role: by it pages of the keyboard's shortcuts know that a dialog is open.
    return app.element("dialog", { id: "pad", class: "pad", role: "dialog", "aria-labelledby": "pad-title", onclose: ({ target }) => pad && pad.root === target && closed(), onkeydown: key }, head, app.element("div", { class: "pad-body" }, canvas, tools));
  }

  // -- drawing -------------------------------------------------------------------------------------------------------------

  // Of the drawing: once a stroke is whole, it is kept, and said.
  function changed(settled) {
    if (!settled) return;
    app.browser.passing.set(KEPT, app.drawing.written(pad.drawing));
    write(pad.parts.error, pad.brush.full ? app.say("pad.full") : "");
    show();
  }

  // A whole step back or forth, or a fresh start, whatever was being drawn.
  function change(act) {
    app.brush.penUp(pad.brush);
    act(pad.drawing);
    pad.brush.full = false;
    changed(true);
    app.brush.draw(pad.brush);
  }

  function resize() {
    app.brush.penUp(pad.brush); // a stroke is of one size
    pad.brush.size = Number(pad.parts.size.value);
    show();
  }

  function key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || pad.brush.pointer !== null) return;
    const name = event.key.toLowerCase();
    const act = name === "y" || (name === "z" && event.shiftKey) ? "redo" : name === "z" ? "undo" : null;
    if (!act) return;
    event.preventDefault();
    if (pad.parts[act].disabled) return;
    change(app.drawing[act]);
  }

  // -- showing -------------------------------------------------------------------------------------------------------------

  function show() {
    if (!pad) return;
    const { parts, drawing, brush } = pad;
    for (const kind of ["paint", "erase"]) {
      parts[kind].classList.toggle("on", brush.kind === kind);
      parts[kind].setAttribute("aria-pressed", String(brush.kind === kind));
    }
    const strokes = app.drawing.strokesOf(drawing);
    able(parts.undo, drawing.strokes.length > 0);
    able(parts.redo, drawing.undone.length > 0);
    able(parts.clear, strokes > 0);
    const width = app.brief(brush.size / app.drawing.UNITS);
    write(parts.width, width);
    parts.size.setAttribute("aria-valuetext", width);
    if (!pad.sending) write(parts.status, words(brush, strokes));
  }

  // A button that is pressed and then of no more use must not take the focus away with it.
  function able(button, on) {
    const focused = document.activeElement === button;
    button.disabled = !on;
    if (focused && !on) pad.brush.canvas.focus();
  }

  // Where the brush is and what it does, where keys move it, and what is drawn so far.
  function words({ keyed, kind, at, down, drawing }, strokes) {
    const [x, y] = at.map((number) => app.minus(Math.abs(number) < 0.005 ? "0.00" : number.toFixed(2)));
    const place = keyed ? [app.say("pad.place", { x, y }), app.say(`pad.press.${kind}`), ...(down ? [app.say("pad.down")] : [])] : [];
    const drawn = strokes ? app.say("pad.drawn", { n: strokes, points: app.drawing.count(drawing) }) : app.say("pad.nothing");
    return [...place, drawn].join(" · ");
  }

  const write = (place, text) => place.textContent !== text && (place.textContent = text);

  // -- using it --------------------------------------------------------------------------------------------------------------

  async function useIt() {
    const mine = pad;
    const { parts, drawing, brush } = mine;
    if (mine.sending) return;
    app.brush.penUp(brush);
    write(parts.error, "");
    if (!app.drawing.count(drawing)) return write(parts.error, app.say(drawing.mask.includes(1) ? "pad.too-little" : "pad.empty"));
    mine.sending = true;
    const file = new File([app.drawing.table(drawing)], app.say("pad.name"));
    const { target, why } = await mine.send(file, (words) => write(parts.status, words));
    mine.sending = false;
    if (pad !== mine) return; // it was closed meanwhile
    show();
    if (why) return write(parts.error, why);
    mine.root.close();
    closed();
    mine.use(target);
  }

  function closed() {
    if (!pad) return;
    const { root, brush, opener } = pad;
    app.brush.penUp(brush);
    pad = null;
    root.remove();
    const back = opener && opener.isConnected ? opener : app.byId(opener && opener.id);
    if (back) back.focus({ preventScroll: true });
  }

  for (const event of ["run", "theme", "frame"]) app.state.on(event, () => pad && app.brush.draw(pad.brush));

  app.pad = { open };
})(window.dash_clientside);
