// Reads the envelopes that gan_core/wire.py documents, without copying the arrays.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const TYPES = { u1: Uint8Array, i2: Int16Array, i4: Int32Array, f4: Float32Array };

  app.wire = {
    // ArrayBuffer -> the header's fields, with each array under its name. Throws on anything else.
    decode(buffer) {
      const view = new DataView(buffer);
      if (buffer.byteLength < 8 || view.getUint32(0) !== 0x47534331) throw new Error("not a GANscope envelope");
      const length = view.getUint32(4, true);
      const message = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
      let offset = 8 + length;
      for (const { name, dtype, shape } of message.arrays) {
        const count = shape.reduce((a, b) => a * b, 1);
        const array = new TYPES[dtype](buffer, offset, count);
        message[name] = array;
        offset += Math.ceil(array.byteLength / 4) * 4;
      }
      return message;
    },

    // Fetches and decodes; null for 204. Rejects when the server cannot be reached or refuses.
    async fetch(path) {
      const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (answer.status === 204) return null;
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      return app.wire.decode(await answer.arrayBuffer());
    },
  };
})(window.dash_clientside);
