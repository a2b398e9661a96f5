// Makes elements of the page from what strangers may have written.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  // An element with attributes and children. Text stays text: titles and sentences may come from strangers' files.
  app.element = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") element[name] = value;
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };

  // A button with words; `about` says what it acts on, for those who do not see what stands beside it.
  app.button = (text, onclick, about = "") =>
    app.element("button", { class: "button", type: "button", onclick, ...(about && { "aria-label": app.say("element.button", { text, about }) }) }, text);
})(window.dash_clientside);
