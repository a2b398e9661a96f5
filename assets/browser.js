// What a browser may lack or forbid: features that the page cannot do without, and a memory for the visitor's choices.
//
// In old syntax throughout, so that a browser that cannot read the other files can still say what is wrong.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  var NEEDED = {
    "browser.unpack": typeof DecompressionStream === "function",
    "browser.timeout": typeof AbortSignal === "function" && "timeout" in AbortSignal,
    "browser.newer": "findLast" in Array.prototype && "hasOwn" in Object,
    "browser.resize": typeof ResizeObserver === "function",
    "browser.canvas": paints(),
  };

  function paints() {
    try {
      return !!document.createElement("canvas").getContext("2d");
    } catch (error) {
      return false;
    }
  }

  // The first thing in the page, whether or not the rest of it comes.
  function refuse(missing) {
    var line = document.createElement("p");
    line.id = "browser-lacks";
    line.className = "banner";
    line.setAttribute("role", "alert");
    var texts = JSON.parse(document.getElementById("texts").textContent); // texts.js may not be readable here
    var what = missing.reduce(function (all, key) {
      return all ? texts["browser.and"].replace("{one}", all).replace("{other}", texts[key]) : texts[key];
    }, "");
    line.textContent = texts["browser.cannot"].replace("{what}", what);
    document.body.insertBefore(line, document.body.firstChild);
    document.documentElement.classList.add("nothing");
  }

  // Choices that outlast the page ("localStorage") or the tab's visit ("sessionStorage"). Where the browser lets the page
  // keep nothing, every use of it may fail, even the first look at it: then they hold until the page is closed.
  function memory(kind) {
    var held = {};
    return {
      get: function (name) {
        try {
          if (!(name in held)) return window[kind].getItem(name);
        } catch (error) {
          return null;
        }
        return held[name];
      },
      set: function (name, value) {
        try {
          window[kind].setItem(name, value);
        } catch (error) {
          held[name] = value;
        }
      },
    };
  }

  var astray = document.getElementById("astray");
  if (astray) astray.parentNode.removeChild(astray); // scripts do come

  var missing = Object.keys(NEEDED).filter(function (name) {
    return !NEEDED[name];
  });
  if (missing.length) refuse(missing);

  app.browser = { able: !missing.length, lasting: memory("localStorage"), passing: memory("sessionStorage") };
})(window.dash_clientside);
