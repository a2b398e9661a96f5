// A square canvas that one can draw in, by pointer, finger, pen or keys: it shows the drawing over a grid and the present
// target's points. What is drawn is of assets/data/drawing.js.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const { state } = app;
  const NEAR = 0.02; // of the square: what an arrow key moves the brush by
  const FAR = 0.1; // with Shift
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const LINES = [-0.5, 0, 0.5];
  const ERASER = 5; // the number of a pen's other end

  // `drawing` is changed in place; `changed(settled)` hears of it, `settled` once a stroke is whole. `told()` hears of all
  // else that can be said: where the brush is, what it does.
  function make({ canvas, drawing, changed, told }) {
    const brush = {
      canvas,
      drawing,
      changed,
      told,
      kind: "paint",
      size: app.drawing.SIZES.usual,
      at: [0, 0], // where it is, by keys or pointer
      keyed: false, // whether it was moved by keys last
      down: false, // whether it draws as keys move it
      over: false, // whether a pointer is over the square
      pointer: null, // the one that draws
      full: false, // whether the last stroke found no room
      cells: Object.assign(document.createElement("canvas"), { width: app.drawing.CELLS, height: app.drawing.CELLS }),
      waiting: false, // for the next picture
    };
    canvas.onpointerdown = (event) => press(brush, event);
    canvas.onpointermove = (event) => move(brush, event);
    canvas.onpointerup = canvas.onpointercancel = canvas.onlostpointercapture = (event) => event.pointerId === brush.pointer && penUp(brush);
    canvas.onpointerleave = () => hover(brush, false);
    canvas.onkeydown = (event) => key(brush, event);
    canvas.onfocus = () => arrive(brush);
    canvas.onblur = () => draw(brush);
    new ResizeObserver(() => draw(brush)).observe(canvas);
    return brush;
  }

  // -- by pointer ------------------------------------------------------------------------------------------------------------

  function placeOf({ canvas }, event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [(2 * (event.clientX - left)) / width - 1, 1 - (2 * (event.clientY - top)) / height];
  }

  function press(brush, event) {
    if (brush.pointer !== null || ![0, ERASER].includes(event.button)) return;
    brush.canvas.setPointerCapture(event.pointerId);
    penUp(brush);
    [brush.pointer, brush.keyed, brush.over] = [event.pointerId, false, true];
    begin(brush, event.button === ERASER ? "erase" : brush.kind, placeOf(brush, event));
  }

  function move(brush, event) {
    if (event.pointerId !== brush.pointer) return brush.pointer === null && hover(brush, event.pointerType !== "touch", event);
    const between = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of between.length ? between : [event]) go(brush, placeOf(brush, one));
  }

  function hover(brush, over, event) {
    if (brush.pointer !== null || brush.down) return;
    brush.over = over;
    if (over) [brush.at, brush.keyed] = [placeOf(brush, event), false];
    draw(brush);
  }

  // -- by keys -----------------------------------------------------------------------------------------------------------------

  function arrive(brush) {
    brush.keyed = brush.keyed || brush.canvas.matches(":focus-visible");
    brush.told();
    draw(brush);
  }

  function key(brush, event) {
    if (event.ctrlKey || event.metaKey || event.altKey || brush.pointer !== null) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (MOVES[name]) step(brush, MOVES[name], event.shiftKey ? FAR : NEAR);
    else if ((name === " " || name === "Enter") && !event.repeat) stamp(brush);
    else if (name === "p" && !event.repeat) (brush.down ? penUp : penDown)(brush);
    else if (name === "e" && !event.repeat) hold(brush, brush.kind === "paint" ? "erase" : "paint");
    else return;
    event.preventDefault();
  }

  function step(brush, [across, up], far) {
    const moved = (at, by) => Math.max(-1, Math.min(1, Math.round((at + by * far) / NEAR) * NEAR));
    brush.keyed = true;
    brush.over = false;
    const place = [moved(brush.at[0], across), moved(brush.at[1], up)];
    if (brush.down) go(brush, place);
    brush.at = place;
    brush.told();
    draw(brush);
  }

  function stamp(brush) {
    brush.keyed = true;
    if (brush.down) return;
    begin(brush, brush.kind, brush.at);
    brush.changed(true);
  }

  function penDown(brush) {
    [brush.down, brush.keyed] = [true, true];
    begin(brush, brush.kind, brush.at);
    brush.told();
  }

  // The stroke that is being drawn, if any, is whole.
  function penUp(brush) {
    if (!brush.down && brush.pointer === null) return;
    [brush.down, brush.pointer] = [false, null];
    brush.changed(true);
    draw(brush);
  }

  // Take brush or eraser.
  function hold(brush, kind) {
    penUp(brush);
    brush.kind = kind;
    brush.told();
    draw(brush);
  }

  // -- strokes -------------------------------------------------------------------------------------------------------------

  function begin(brush, kind, place) {
    brush.at = place;
    brush.full = !app.drawing.begin(brush.drawing, kind, brush.size, ...place);
    brush.changed(false);
    draw(brush);
  }

  function go(brush, place) {
    brush.at = place;
    if (!brush.full && app.drawing.extend(brush.drawing, ...place)) brush.changed(false);
    brush.full = app.drawing.full(brush.drawing);
    draw(brush);
  }

  // -- the picture -----------------------------------------------------------------------------------------------------------

  // Once for all that happens until the next picture.
  function draw(brush) {
    if (brush.waiting) return;
    brush.waiting = true;
    requestAnimationFrame(() => {
      brush.waiting = false;
      if (brush.canvas.isConnected) paint(brush);
    });
  }

  function paint(brush) {
    const { canvas } = brush;
    const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
    if (!side) return;
    if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
    const context = canvas.getContext("2d");
    const [px, py] = [(x) => ((x + 1) / 2) * side, (y) => ((1 - y) / 2) * side];
    const unit = side / canvas.clientWidth; // of a pixel of the page
    context.fillStyle = app.plot.colour("card");
    context.fillRect(0, 0, side, side);
    context.fillStyle = app.plot.colour("line");
    for (const at of LINES) {
      context.fillRect(Math.round(px(at)), 0, Math.ceil(unit), side);
      context.fillRect(0, Math.round(py(at)), side, Math.ceil(unit));
    }
    reals(context, px, py, unit);
    fillCells(brush);
    context.globalAlpha = 0.85;
    context.drawImage(brush.cells, 0, 0, side, side);
    context.globalAlpha = 1;
    numbers(context, px, py, unit);
    if (brush.over || brush.pointer !== null || (brush.keyed && document.activeElement === canvas)) ring(context, brush, px, py, unit);
  }

  // The present target's points, pale.
  function reals(context, px, py, unit) {
    const points = state.points ? state.points.reals : [];
    context.fillStyle = app.plot.colour("quiet");
    context.globalAlpha = 0.4;
    for (let i = 0; i < points.length; i += 2) context.fillRect(px(points[i] / state.POINT) - unit, py(points[i + 1] / state.POINT) - unit, 2 * unit, 2 * unit);
    context.globalAlpha = 1;
  }

  function fillCells({ cells, drawing }) {
    const { CELLS } = app.drawing;
    const context = cells.getContext("2d");
    const image = context.createImageData(CELLS, CELLS);
    const pixels = new Uint32Array(image.data.buffer);
    const colour = app.scales.pack(app.scales.rgb(app.plot.colour("real")));
    for (let row = 0; row < CELLS; row++) {
      const there = (CELLS - 1 - row) * CELLS; // rows of a picture go down
      for (let column = 0; column < CELLS; column++) if (drawing.mask[row * CELLS + column]) pixels[there + column] = colour;
    }
    context.putImageData(image, 0, 0);
  }

  // What the lines stand for.
  function numbers(context, px, py, unit) {
    context.fillStyle = app.plot.colour("quiet");
    context.font = `${11 * unit}px system-ui, sans-serif`;
    for (const at of LINES) {
      context.fillText(app.minus(at), px(at) + 3 * unit, py(-1) - 4 * unit);
      if (at) context.fillText(app.minus(at), 3 * unit, py(at) - 4 * unit);
    }
  }

  // As large as the brush; an eraser's is dashed, and a pen that is down has its middle filled.
  function ring(context, { at, size, kind, down, keyed }, px, py, unit) {
    const [x, y] = [px(at[0]), py(at[1])];
    const radius = Math.max(((size / app.drawing.UNITS) * (px(1) - px(-1))) / 4, 2 * unit);
    const circle = (colour, width, dash) => {
      Object.assign(context, { strokeStyle: app.plot.colour(colour), lineWidth: width * unit });
      context.setLineDash(dash.map((length) => length * unit));
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.stroke();
      context.setLineDash([]);
    };
    circle("card", 4, []);
    circle("text", 2, kind === "erase" ? [4, 3] : []);
    if (!keyed) return;
    const half = 7 * unit;
    context.beginPath();
    context.moveTo(x - half, y);
    context.lineTo(x + half, y);
    context.moveTo(x, y - half);
    context.lineTo(x, y + half);
    context.stroke();
    if (down) {
      context.fillStyle = app.plot.colour("text");
      context.fillRect(x - 3 * unit, y - 3 * unit, 6 * unit, 6 * unit);
    }
  }

  app.brush = { make, hold, penUp, draw };
})(window.dash_clientside);
