// Paints a map of cells into the square of a panel, with its contour at 0.5; the margin around the square stays empty.
//
// Between cell centres maps are interpolated before they are coloured. Numbers are not: what is said of a place is the
// exact value at the centre of its cell.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const HATCH = 7; // pixels from one line of a hatching to the next

  // For each pixel along an axis whose centre lies in the square: the cell before it and the weight of the one after it.
  function positions(pixels, cells, extent, flip) {
    const first = Math.ceil(((1 - 1 / extent) / 2) * pixels - 0.5);
    const count = pixels - 2 * first;
    const cell = new Int32Array(count);
    const weight = new Float32Array(count);
    for (let p = 0; p < count; p++) {
      const along = (((flip ? count - 1 - p : p) + first + 0.5) / pixels - 0.5) * extent + 0.5;
      const at = Math.min(Math.max(along * cells - 0.5, 0), cells - 1);
      cell[p] = Math.min(Math.floor(at), Math.max(0, cells - 2));
      weight[p] = at - cell[p];
    }
    return { first, count, cell, weight };
  }

  // `scale` says what the bytes mean (scales.js); `folded` cells are hatched and outlined. With a time, `now` in ms, the
  // colours fade where they would flash (fade.js); the contour does not.
  function paint(layer, map, cells, scale, folded = null, now = null) {
    const { width, height } = layer.paint;
    const context = layer.paint.getContext("2d");
    const first = fit(layer, cells);
    const share = now === null ? 1 : app.fade.share(layer, map, cells, scale.table, now);
    const fading = share < 1 && !first;
    if (fading) app.fade.hold(layer);
    else app.fade.end(layer);
    (scale.sparse ? fillSparse : fill)(layer, map, cells, scale.table);
    if (folded) hatch(layer, folded, cells);
    context.clearRect(0, 0, width, height); // the trail may reach into the margin
    const [left, top] = [layer.columns.first, layer.rows.first];
    if (fading) context.drawImage(app.fade.blend(layer, share), left, top);
    else context.putImageData(layer.image, left, top);
    if (scale.contour) paintContour(context, map, cells, layer, scale.top / 2);
    if (folded) paintContour(context, folded, cells, layer, 0.5, 1.8);
  }

  // Makes what depends on the sizes of canvas and map; true when the canvas is of another size, so that no picture is held.
  function fit(layer, cells) {
    const { width, height } = layer.paint;
    const size = `${width},${height}`;
    if (layer.mapKey !== `${size},${cells}`) {
      layer.columns = positions(width, cells, layer.extent, false);
      layer.rows = positions(height, cells, layer.extent, true);
      layer.line = new Float32Array(cells);
    }
    layer.mapKey = `${size},${cells}`;
    if (layer.imageKey === size) return false;
    layer.imageKey = size;
    layer.image = new ImageData(layer.columns.count, layer.rows.count);
    layer.pixels = new Uint32Array(layer.image.data.buffer);
    return true;
  }

  function fill({ pixels, columns, rows, line }, map, cells, table) {
    const [width, height] = [columns.cell.length, rows.cell.length];
    for (let y = 0, out = 0; y < height; y++) {
      const below = rows.cell[y] * cells;
      const w = rows.weight[y];
      for (let j = 0; j < cells; j++) {
        const a = map[below + j];
        line[j] = a + (map[below + cells + j] - a) * w;
      }
      for (let x = 0; x < width; x++, out++) {
        const j = columns.cell[x];
        pixels[out] = table[(line[j] + (line[j + 1] - line[j]) * columns.weight[x] + 0.5) | 0];
      }
    }
  }

  // The same where some cells have no number: a place belongs to its nearest cell, and is hatched if that has none; else
  // it lies between those around it that have one.
  function fillSparse({ pixels, columns, rows }, map, cells, table) {
    const { NOTHING, pack, rgb } = app.scales;
    const [width, height] = [columns.cell.length, rows.cell.length];
    const [card, lines] = ["card", "line"].map((name) => pack(rgb(app.plot.colour(name))));
    for (let y = 0, out = 0; y < height; y++) {
      const wy = rows.weight[y];
      for (let x = 0; x < width; x++, out++) {
        const wx = columns.weight[x];
        const k = rows.cell[y] * cells + columns.cell[x];
        const a = map[k], b = map[k + 1], c = map[k + cells], d = map[k + cells + 1];
        const nearest = wy < 0.5 ? (wx < 0.5 ? a : b) : wx < 0.5 ? c : d;
        if (nearest === NOTHING) {
          pixels[out] = (x + y) % HATCH < 1 ? lines : card;
          continue;
        }
        const wa = a === NOTHING ? 0 : (1 - wx) * (1 - wy), wb = b === NOTHING ? 0 : wx * (1 - wy);
        const wc = c === NOTHING ? 0 : (1 - wx) * wy, wd = d === NOTHING ? 0 : wx * wy;
        pixels[out] = table[((wa * a + wb * b + wc * c + wd * d) / (wa + wb + wc + wd) + 0.5) | 0];
      }
    }
  }

  // Dark lines over the cells that are marked.
  function hatch({ pixels, columns, rows }, marked, cells) {
    const [width, height] = [columns.cell.length, rows.cell.length];
    for (let y = 0; y < height; y++) {
      const row = (rows.cell[y] + (rows.weight[y] >= 0.5)) * cells;
      for (let x = HATCH - 1 - (y % HATCH); x < width; x += HATCH) {
        if (marked[row + columns.cell[x] + (columns.weight[x] >= 0.5)]) pixels[y * width + x] = 0xff33291f;
      }
    }
  }

  // Marching squares between cell centres; every saddle is cut the same way.
  function paintContour(context, map, cells, layer, level, weight = 1) {
    const { width, height } = layer.paint;
    const [sx, sy] = [width / layer.extent / cells, height / layer.extent / cells];
    const [left, bottom] = [(width - sx * cells) / 2, (height + sy * cells) / 2];
    const between = (a, b) => (level - a) / (b - a);
    context.beginPath();
    for (let i = 0; i + 1 < cells; i++) {
      for (let j = 0; j + 1 < cells; j++) {
        const k = i * cells + j;
        const a = map[k], b = map[k + 1], c = map[k + cells + 1], d = map[k + cells];
        const kind = (a > level) | ((b > level) << 1) | ((c > level) << 2) | ((d > level) << 3);
        if (kind === 0 || kind === 15) continue;
        const x = left + (j + 0.5) * sx;
        const y = bottom - (i + 0.5) * sy;
        const ends = [];
        if ((kind & 1) !== ((kind >> 1) & 1)) ends.push(x + between(a, b) * sx, y);
        if (((kind >> 1) & 1) !== ((kind >> 2) & 1)) ends.push(x + sx, y - between(b, c) * sy);
        if (((kind >> 2) & 1) !== ((kind >> 3) & 1)) ends.push(x + between(d, c) * sx, y - sy);
        if (((kind >> 3) & 1) !== (kind & 1)) ends.push(x, y - between(a, d) * sy);
        for (let e = 0; e + 3 < ends.length; e += 4) {
          context.moveTo(ends[e], ends[e + 1]);
          context.lineTo(ends[e + 2], ends[e + 3]);
        }
      }
    }
    context.lineWidth = weight * layer.scale;
    context.strokeStyle = "#333";
    context.stroke();
  }

  // The cell that data (x, y) lie in: its number, its exact byte, and its centre, where the networks were asked.
  function cellAt(map, cells, x, y) {
    const index = (v) => Math.min(Math.max(Math.floor(((v + 1) / 2) * cells), 0), cells - 1);
    const centre = (i) => ((i + 0.5) / cells) * 2 - 1;
    const j = index(x), i = index(y);
    return { index: i * cells + j, byte: map[i * cells + j], centre: [centre(j), centre(i)] };
  }

  app.maps = { paint, cellAt };
})(window.dash_clientside);
