/* Numbers as a person writes them. */

const DIGITS = 3;
const minus = (text) => text.replace(/-/g, "−");

/* The numbers of a grid: as many decimals for all as its largest deserves, without idle zeros. */
function aligned(data) {
  const largest = largestOf(data);
  if (largest >= 1e7 || (largest > 0 && largest < 1e-3))
    return Array.from(data, (v) => (v ? minus(v.toExponential(1)) : "0"));
  const places = Math.max(0, DIGITS - 1 - Math.floor(Math.log10(largest || 1)));
  const texts = Array.from(data, (v) => (v ? v.toFixed(places) : "0"));
  const kept = Math.max(0, ...texts.map((text) => (text.split(".")[1] ?? "").replace(/0+$/, "").length));
  return texts.map((text) => {
    const [whole, fraction] = text.split(".");
    const positive = Number(text) ? whole : whole.replace("-", "");
    return minus(kept && fraction !== undefined ? `${positive}.${fraction.slice(0, kept)}` : positive);
  });
}

/* One number with up to five digits. */
function short(value) {
  if (value && Math.abs(value) < 1e-4) {
    const [mantissa, exponent] = value.toExponential(4).split("e");
    return minus(`${Number(mantissa)}e${Number(exponent)}`);
  }
  return Number.isFinite(value) ? minus(String(Number(value.toPrecision(5)))) : minus(String(value));
}

/* An array's colours: each number in shares of the largest. */
function shades(data) {
  const largest = largestOf(data) || 1;
  return Array.from(data, (v) => (Number.isFinite(v) ? v / largest : Math.sign(v) || 0));
}
