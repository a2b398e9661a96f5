// The pictures of one stage of a step that is told: D's maps, points of a batch, and arrows, each on a canvas of its own.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const SIDE = 640; // canvas pixels; shown at half of that, or less
  const SCALE = 2; // canvas pixels to a CSS pixel

  // {caption, alt, draw} of each picture of a stage. `told` is as it came, `stage` one of its stages.
  const OF = {
    "d-batch": (told, stage) => [
      {
        caption: app.say("told.caption.d-batch", { shown: shownOf(told.d_reals, told) }),
        alt: app.say("told.alt.d-batch", about(stage)),
        draw(layer) {
          mapOf(layer, told, stage.update - 1);
          app.paint.veil(layer);
          app.paint.scatter(layer, part(told.d_reals, told.reaches.length, stage.update - 1), "dot", "--gs-real", 2.2);
          app.paint.scatter(layer, part(told.d_fakes, told.reaches.length, stage.update - 1), "cross", "--gs-fake", 3);
        },
      },
    ],
    "d-update": (told, stage) => [
      { caption: app.say("told.caption.before"), alt: app.say("told.alt.before"), draw: (layer) => mapOf(layer, told, stage.update - 1) },
      { caption: app.say("told.caption.after"), alt: app.say("told.alt.after"), draw: (layer) => mapOf(layer, told, stage.update) },
      {
        caption: app.say("told.caption.difference", { reach: number(told.reaches[stage.update - 1]) }),
        alt: app.say("told.alt.difference", { mean: number(stage.numbers.map_mean), most: number(stage.numbers.map_most) }),
        draw(layer) {
          const bytes = part(told.differences, told.reaches.length, stage.update - 1);
          app.maps.paint(layer, bytes, told.resolution, app.scales.of("difference"));
        },
      },
    ],
    "g-batch": (told, stage) => [
      {
        caption: app.say("told.caption.g-batch", { shown: shownOf(told.moves, told, stage) }),
        alt: app.say("told.alt.g-batch", about(stage)),
        draw(layer) {
          underG(layer, told);
          app.paint.scatter(layer, fakes(told, stage), "cross", "--gs-fake", 3);
          app.pull.asked(layer, { pull: movesOf(told, stage) });
        },
      },
    ],
    "g-move": (told, stage) => [
      {
        caption: app.say("told.caption.g-move", { factor: app.pull.magnified({ pull: movesOf(told, stage) }) }),
        alt: app.say("told.alt.g-move", { obeyed: number(stage.numbers.obeyed), mean: number(stage.numbers.moved_mean) }),
        draw(layer) {
          underG(layer, told);
          app.pull.moves(layer, { pull: movesOf(told, stage) });
          app.pull.asked(layer, { pull: movesOf(told, stage) });
        },
      },
    ],
  };

  // Four significant digits.
  const number = (x) => app.minus(Number(Number(x).toPrecision(4)));

  const part = (array, count, k) => array.subarray((array.length / count) * k, (array.length / count) * (k + 1));
  const updatesOfG = ({ stages }) => stages.filter(({ kind }) => kind === "g-move").length;
  const movesOf = (told, stage) => part(told.moves, updatesOfG(told), stage.update - 1);
  const about = ({ points }) => ({ n: points });

  function shownOf(array, told, stage = null) {
    return stage ? movesOf(told, stage).length / 6 : array.length / told.reaches.length / 2;
  }

  function fakes(told, stage) {
    const moves = movesOf(told, stage);
    return Float32Array.from({ length: moves.length / 3 }, (_, i) => moves[6 * (i >> 1) + (i & 1)] * app.state.POINT);
  }

  function mapOf(layer, told, k) {
    const scale = app.scales.of(told.score ? "score" : "real-fake", told);
    app.maps.paint(layer, part(told.maps, told.reaches.length + 1, k), told.resolution, scale);
  }

  // D does not move while G does: its map after all of its updates.
  function underG(layer, told) {
    mapOf(layer, told, told.reaches.length);
    app.paint.veil(layer);
  }

  // The pictures of a stage as elements.
  function of(told, stage) {
    return OF[stage.kind](told, stage).map(({ caption, alt, draw }) => {
      const canvas = app.element("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": alt });
      draw({ paint: canvas, scale: SCALE, extent: app.layers.all.discriminator.extent });
      return app.element("figure", {}, canvas, app.element("figcaption", {}, caption));
    });
  }

  app.toldPictures = { of, number };
})(window.dash_clientside);
