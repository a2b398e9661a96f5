// What a browser may lack or forbid: features that the page cannot do without, and a memory for the visitor's choices.
//
// In old syntax throughout, so that a browser that cannot read the other files can still say what is wrong.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  var NEEDED = {
    "ways to unpack what the server sends (DecompressionStream)": typeof DecompressionStream === "function",
    "time limits of requests (AbortSignal.timeout)": typeof AbortSignal === "function" && "timeout" in AbortSignal,
    "newer functions of JavaScript (findLast, hasOwn)": "findLast" in Array.prototype && "hasOwn" in Object,
    "notice of what changes its size (ResizeObserver)": typeof ResizeObserver === "function",
    "a canvas to paint on": paints(),
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
    line.textContent =
      "GANscope cannot be shown in this browser, which lacks " + missing.join(" and ") + ". Update it, or open this page " +
      "in a current Chrome, Edge, Firefox or Safari (16.4 or newer). If it is a current one, an extension or a privacy " +
      "setting has switched this off: allow it for this page.";
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

  var missing = Object.keys(NEEDED).filter(function (name) {
    return !NEEDED[name];
  });
  if (missing.length) refuse(missing);

  app.browser = { able: !missing.length, lasting: memory("localStorage"), passing: memory("sessionStorage") };
})(window.dash_clientside);
