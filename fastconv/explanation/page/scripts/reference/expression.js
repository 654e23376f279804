/* What one number is made of: a sum of products of numbers of other arrays (or the largest of them).

An expression is { how, terms, scale, over, note, seen, won }. terms: lists of factors, each a constant or a
reference { symbol, index, form, less }. how: "sum", if nothing else is said, or "max". scale: what the whole
is multiplied by; over: what it is divided by, a number or terms. note: what to say of it. seen, won: places that
decide without being in the sum, such as the rest of a pooling window, and its maximum. */

const bracketed = (text) => (text.startsWith("−") ? `(${text})` : text);

const FORMS = {
  plain: { of: (v) => v, say: bracketed },
  exp: { of: Math.exp, say: (text) => `exp(${text})` },
  expOfMinus: { of: (v) => Math.exp(-v), say: (text) => `exp(−${bracketed(text)})` },
  log: { of: Math.log, say: (text) => `log ${text}` },
  logOfRest: { of: (v) => Math.log(1 - v), say: (text) => `log(1 − ${text})` },
  rest: { of: (v) => 1 - v, say: (text) => `(1 − ${text})` },
  restOfSquare: { of: (v) => 1 - v * v, say: (text) => `(1 − ${bracketed(text)}²)` },
  inverse: { of: (v) => 1 / v, say: (text) => `1/${bracketed(text)}` },
  inverseOfRest: { of: (v) => 1 / (1 - v), say: (text) => `1/(1 − ${text})` },
  mask: { of: (v) => Number(v > 0), say: (text) => `1[${text} > 0]` },
  tanh: { of: Math.tanh, say: (text) => `tanh(${text})` },
  square: { of: (v) => v * v, say: (text) => `(${text})²` },
};

const ref = (symbol, index, form = "plain", less = null) => ({ symbol, index, form, less });

function factorValue(factor, read) {
  if (typeof factor === "number") return factor;
  const less = factor.less ? read(factor.less.symbol, factor.less.index) : 0;
  return FORMS[factor.form].of(read(factor.symbol, factor.index) - less);
}

const productValue = (factors, read) => factors.reduce((product, factor) => product * factorValue(factor, read), 1);

function valueOf({ how = "sum", terms, scale = 1, over = 1 }, read) {
  const products = terms.map((factors) => productValue(factors, read));
  const whole = how === "max" ? Math.max(...products) : products.reduce((sum, product) => sum + product, 0);
  return (scale * whole) / (typeof over === "number" ? over : valueOf({ terms: over }, read));
}

/* The references in an expression. */
function refsOf({ terms, over = 1 }) {
  const factors = [...terms, ...(typeof over === "number" ? [] : over)].flat();
  return factors.filter((f) => typeof f !== "number").flatMap((f) => (f.less ? [f, f.less] : [f]));
}
