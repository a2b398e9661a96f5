// Reads the envelopes that gan_core/wire/frames.py documents, without copying the arrays.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const TYPES = { u1: Uint8Array, i2: Int16Array, i4: Int32Array, f4: Float32Array };

  // The body as the arrays lie in it: an ArrayBuffer and where they begin.
  const BODIES = {
    plain: async (buffer, start) => [buffer, start],
    zlib: async (buffer, start, size) => [await inflated(new Uint8Array(buffer, start), size), 0],
  };
  const CODINGS = { differences };

  // Of a stream's readers this one has the least to do: 0.4 ms for a frame of 100 x 100 cells.
  async function inflated(packed, size) {
    const stream = new DecompressionStream("deflate");
    const writer = stream.writable.getWriter();
    writer.write(packed).catch(() => {}); // whatever is wrong with it, the reader says so, too
    writer.close().catch(() => {});
    const reader = stream.readable.getReader();
    const out = new Uint8Array(size);
    let at = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      out.set(part.value, at);
      at += part.value.length;
    }
    if (at !== size) throw new Error("a damaged GANscope envelope");
    return out.buffer;
  }

  // Back from differences along the first two axes, in place; a typed array wraps around by itself.
  function differences(array, [rows, columns, ...rest]) {
    const cell = product(rest);
    const row = columns * cell;
    for (let k = row; k < array.length; k++) array[k] += array[k - row];
    for (let start = 0; start < array.length; start += row) {
      for (let k = start + cell; k < start + row; k++) array[k] += array[k - cell];
    }
  }

  // What the server says of a request that cannot succeed, however often it is sent; nothing of its own troubles.
  async function refusal(answer) {
    if (answer.status >= 500) return {};
    const said = await answer.json().catch(() => ({}));
    return { sentence: said.error || app.say("server.refused", { status: answer.status }) };
  }

  const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
  const padded = (bytes) => Math.ceil(bytes / 4) * 4;

  app.wire = {
    // ArrayBuffer -> the header's fields, with each array under its name. Rejects anything else.
    async decode(buffer) {
      const view = new DataView(buffer);
      if (buffer.byteLength < 8 || view.getUint32(0) !== 0x47534331) throw new Error("not a GANscope envelope");
      const length = view.getUint32(4, true);
      const message = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
      const sizes = message.arrays.map(({ dtype, shape }) => padded(TYPES[dtype].BYTES_PER_ELEMENT * product(shape)));
      const size = sizes.reduce((a, b) => a + b, 0);
      let [body, offset] = await BODIES[message.body](buffer, 8 + length, size);
      message.arrays.forEach(({ name, dtype, shape, coding }, i) => {
        const array = new TYPES[dtype](body, offset, product(shape));
        if (coding) CODINGS[coding](array, shape);
        message[name] = array;
        offset += sizes[i];
      });
      return message;
    },

    // Fetches and decodes; null for 204. Rejects when the server cannot be reached or refuses, then with its `sentence`.
    async fetch(path, { method = "GET", patience = 8000 } = {}) {
      const answer = await fetch(app.at(path), { method, cache: "no-store", signal: AbortSignal.timeout(patience) });
      if (answer.status === 204) return null;
      if (!answer.ok) throw Object.assign(new Error(`${path}: ${answer.status}`), await refusal(answer));
      return app.wire.decode(await answer.arrayBuffer());
    },
  };
})(window.dash_clientside);
