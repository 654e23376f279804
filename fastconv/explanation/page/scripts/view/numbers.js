/* Numbers as a person writes them. */

const DIGITS = 3;
const EXACT = 1e-6;
const minus = (text) => text.replace(/-/g, "−");

/* The numbers of a grid, all with as many decimals; fewer where they say the same; 0 is a lone 0. */
function aligned(data) {
  const largest = largestOf(data);
  if (largest >= 1e7 || (largest > 0 && largest < 1e-3))
    return Array.from(data, (v) => (v ? minus(v.toExponential(1)) : "0"));
  const most = Math.max(0, DIGITS - 1 - Math.floor(Math.log10(largest || 1)));
  const says = (v, decimals) => !Number.isFinite(v) || Math.abs(Number(v.toFixed(decimals)) - v) <= EXACT * largest;
  let decimals = 0;
  while (decimals < most && !data.every((v) => says(v, decimals))) decimals++;
  return Array.from(data, (v) => (v ? minus(v.toFixed(decimals)) : "0"));
}

/* One number with up to five digits. */
function short(value) {
  if (value && Math.abs(value) < 1e-4) {
    const [mantissa, exponent] = value.toExponential(4).split("e");
    return minus(`${Number(mantissa)}e${Number(exponent)}`);
  }
  return Number.isFinite(value) ? minus(String(Number(value.toPrecision(5)))) : minus(String(value)).replace("Infinity", "∞");
}

/* An array's colours: each number in shares of the largest. */
function shades(data) {
  const largest = largestOf(data) || 1;
  return Array.from(data, (v) => (Number.isFinite(v) ? v / largest : Math.sign(v) || 0));
}
