// Elements of the page that Dash need not know, drawn by one component: see gan_core/dashboard/page/markup.py.
(function () {
  // Each is as Dash would have it: {type, props}, its children among the props; or a text.
  function drawn(part) {
    if (part === null || typeof part !== "object") return part;
    const { children = [], ...attributes } = part.props;
    return React.createElement(part.type.toLowerCase(), attributes, ...[children].flat().map(drawn));
  }

  window.ganscope = { Markup: ({ parts }) => React.createElement(React.Fragment, null, ...parts.map(drawn)) };
})();
