// Lays a layer exactly over each panel's plot area: canvases to paint on, the cursor, and the way from pixels to data.
//
// Plotly says where its axes are; the layer is put there after every redraw and resize. It stands beside Plotly's own
// elements, so that no redraw removes it.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const all = {};
  const PAPER = { across: 340, down: 264 }; // px: how large a graph may be on paper (styles/90-print.css)

  function element(tag, className, parent) {
    const made = document.createElement(tag);
    made.className = className;
    parent.appendChild(made);
    return made;
  }

  // What a panel is called, and how keys move about in it.
  const spoken = (name, panel) => app.say(name === "metrics" ? "layer.along" : "layer.around", { panel });

  function attach(name) {
    const graph = app.byId(app.panels.idOf(name));
    const plot = graph && graph.querySelector(".js-plotly-plot");
    if (!plot || !plot._fullLayout || !plot._fullLayout.xaxis || !plot.on) return null;
    const root = element("div", `layer ${name}`, graph);
    root.tabIndex = 0;
    root.setAttribute("role", "application");
    root.setAttribute("aria-label", spoken(name, app.sayOr(name, `panel-name.${name}`)));
    root.dataset.panel = name;
    const layer = {
      name,
      graph,
      plot,
      root,
      paint: element("canvas", "paint", root),
      marks: element("canvas", "marks", root),
      cursor: element("div", "cursor", root),
      data: null, // the figure's traces
      width: 0,
      height: 0,
      scale: 1, // canvas pixels to a CSS pixel
      extent: 1, // the square panels' axes go from -extent to extent: [-1, 1] and a margin for what lies on its edge
    };
    layer.cursor.hidden = true;
    plot.on("plotly_afterplot", () => plotted(layer));
    new ResizeObserver(() => place(layer)).observe(plot);
    plotted(layer);
    return layer;
  }

  // Dash may draw its figure once more, late, and what was put into it since is gone then: the traces are others.
  function plotted(layer) {
    place(layer);
    state.emit("plotted", layer);
    if (layer.data === layer.plot.data) return;
    layer.data = layer.plot.data;
    setTimeout(() => state.emit("figure", layer)); // not while Plotly is drawing
  }

  // Puts the layer onto the axes; true when its size changed, which clears the canvases.
  function place(layer) {
    const { xaxis, yaxis } = layer.plot._fullLayout;
    const box = layer.plot.getBoundingClientRect();
    const outer = layer.graph.getBoundingClientRect();
    const zoom = box.width / layer.plot.offsetWidth || 1; // of the page: places in the window are larger by this
    const left = (box.left - outer.left) / zoom + xaxis._offset;
    const top = (box.top - outer.top) / zoom + yaxis._offset;
    const at = `${left},${top},${xaxis._length},${yaxis._length},${devicePixelRatio}`;
    if (layer.at === at) return;
    layer.at = at;
    Object.assign(layer.root.style, { left: `${left}px`, top: `${top}px`, width: `${xaxis._length}px`, height: `${yaxis._length}px` });
    onPaper(layer.graph);
    layer.width = xaxis._length;
    layer.height = yaxis._length;
    layer.extent = xaxis.range[1];
    layer.scale = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [layer.paint, layer.marks]) {
      canvas.width = Math.max(1, Math.round(layer.width * layer.scale));
      canvas.height = Math.max(1, Math.round(layer.height * layer.scale));
    }
    state.emit("placed", layer);
  }

  // On paper a graph stays as large as it is laid out on the screen, and is drawn smaller or larger (styles/90-print.css):
  // Plotly would hear of another size too late.
  function onPaper({ style, offsetWidth, offsetHeight }) {
    style.setProperty("--across", `${offsetWidth}px`);
    style.setProperty("--down", `${offsetHeight}px`);
    style.setProperty("--on-paper", Math.min(PAPER.across / offsetWidth, PAPER.down / offsetHeight));
  }

  function ready() {
    for (const name of app.panels.all()) if (!all[name]) all[name] = attach(name) || undefined;
  }

  // Data to CSS pixels inside a square layer, or to pixels of its canvases; and back. A place in the margin is taken for
  // the nearest one of the square: beyond it nothing is known.
  const within = ({ extent }, x, y, width, height) => [((x / extent + 1) / 2) * width, ((1 - y / extent) / 2) * height];
  const toPixels = (layer, x, y) => within(layer, x, y, layer.width, layer.height);
  const toCanvas = (layer, x, y) => within(layer, x, y, layer.paint.width, layer.paint.height);
  const inSquare = (v) => Math.min(Math.max(v, -1), 1);
  const toData = ({ extent, width, height }, px, py) => [
    inSquare(((px / width) * 2 - 1) * extent),
    inSquare((1 - (py / height) * 2) * extent),
  ];

  function moveCursor(layer, px, py, data) {
    if (!layer) return;
    layer.cursor.hidden = false;
    layer.cursor.style.transform = `translate(${px}px, ${py}px)`;
    layer.cursor.dataset.x = data[0];
    layer.cursor.dataset.y = data[1];
  }

  function hideCursor(layer) {
    if (!layer || layer.cursor.hidden) return;
    layer.cursor.hidden = true;
    delete layer.cursor.dataset.x;
    delete layer.cursor.dataset.y;
  }

  state.on("settings", ready);
  state.on("frame", ready);
  state.on("progress", ready);

  app.ask.canPaint = () => state.settings !== null && app.panels.square().every((name) => all[name]); // what frames are painted in

  app.layers = { all, spoken, toPixels, toCanvas, toData, moveCursor, hideCursor };
})(window.dash_clientside);
