// Numbers as people type them: with other digits, signs between thousands, a comma for the point, powers of ten, blanks.
//
// "1.000" has two meanings. Where whole numbers are asked for it is a thousand; where fractions are, it is one: there a
// point or comma that stands alone always begins the fraction. NaN is what has no meaning.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const GROUPS = /^[1-9]\d{0,2}([.,' ])\d{3}(?:\1\d{3})*$/; // 1,000 1.000.000 1’000 1 000
  const INDIAN = /^[1-9]\d?(?:,\d{2})+,\d{3}$/; // 10,00,000
  const SHAPE = /^([-+]?) ?([\d.,' ]*?)(?:e([-+]?\d{1,3}))?$/i;

  // The text with the digits and signs of a keyboard for ASCII.
  function plain(text) {
    return String(text)
      .trim()
      .replace(/\p{Nd}/gu, digit)
      .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
      .replace(/[‐‑‒–−]/g, "-")
      .replace(/[’‘ʼ`´٬]/g, "'")
      .replace(/٫/g, ",")
      .replace(/[\s_]/g, " ");
  }

  // Every script has its ten digits in a row.
  function digit(sign) {
    let below = 0;
    while (/\p{Nd}/u.test(String.fromCodePoint(sign.codePointAt(0) - below - 1))) below++;
    return String(below % 10);
  }

  // The digits without the signs between them; null if those do not stand where they can.
  function digits(text, but = "") {
    if (/^\d+$/.test(text)) return text;
    const groups = GROUPS.exec(text) || (INDIAN.test(text) && [text, ","]);
    return groups && groups[1] !== but ? text.replace(/\D/g, "") : null;
  }

  function fraction(text) {
    const [, whole, sign, rest] = /^(.*)([.,])(\d*)$/.exec(text) || [];
    const before = whole === "" && rest ? "0" : whole && digits(whole, sign);
    return before ? `${before}.${rest}` : null;
  }

  function read(text, ways) {
    const [, minus, number, power] = SHAPE.exec(plain(text)) || [];
    if (!number) return NaN;
    const value = ways.map((way) => way(number)).find((found) => found !== null);
    return value ? Number(`${minus}${value}e${power || 0}`) + 0 : NaN; // + 0: there is no -0
  }

  function whole(text) {
    const value = read(text, [(number) => digits(number), fraction]);
    return Number.isSafeInteger(value) ? value : NaN;
  }

  function real(text) {
    const value = read(text, [fraction, (number) => digits(number)]);
    return Number.isFinite(value) ? value : NaN;
  }

  // As it is repeated in a sentence.
  const quoted = (text) => `“${text.length > 20 ? `${text.slice(0, 19)}…` : text}”`;

  app.typed = { whole, real, quoted };
})(window.dash_clientside);
