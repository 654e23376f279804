/* The sum behind a number, written: once with names, once with numbers. */

const LONGEST_SUM = 36;

/* One product: its sign, its factors once as names and once as numbers, and what it refers to. */
function writtenProduct(network, factors) {
  const [first, ...others] = factors;
  const negative = typeof first === "number" && first < 0;
  const kept = negative ? [...(first === -1 && others.length ? [] : [-first]), ...others] : factors;
  const written = (factor, of) => {
    if (typeof factor === "number") return short(factor);
    const { symbol, index, form, less } = factor;
    return FORMS[form].say(of(symbol, index) + (less ? ` − ${bracketed(of(less.symbol, less.index))}` : ""));
  };
  const product = (of) => kept.map((factor) => written(factor, of)).join("·");
  return {
    sign: negative ? "−" : "+",
    names: product((symbol, index) => network.place(symbol, index)),
    numbers: product((symbol, index) => short(network.read(symbol, index))),
    refs: refsOf({ terms: [factors] }),
  };
}

/* What stands in front of the terms, between them if it is not their signs, and behind them. */
function frameOf({ how, terms, scale = 1, over = 1 }) {
  if (how === "max") return ["max(", ", ", ")"];
  const sign = scale < 0 ? "−" : "";
  const brackets = terms.length > 1 && (sign || over !== 1) ? ["(", ")"] : ["", ""];
  const divisor = typeof over === "number" && over !== 1 ? ` / ${over}` : "";
  return [sign + brackets[0], "", brackets[1] + divisor];
}

/* The parts of a sum in their order: products, and the text between them. Of a long sum, products that are 0 are
left out first. */
function partsOf(network, expression) {
  const { terms, over } = expression;
  const [open, between, close] = frameOf(expression);
  const long = terms.length > LONGEST_SUM;
  const kept = long ? terms.filter((factors) => productValue(factors, network.read)) : terms;
  const shown = kept.slice(0, LONGEST_SUM).map((factors) => writtenProduct(network, factors));
  const parts = [open];
  shown.forEach((product, k) => {
    const first = product.sign === "−" ? "−" : "";
    parts.push(k ? between || ` ${product.sign} ` : first, product);
  });
  if (long) parts.push(` + … (${terms.length - shown.length} more)`);
  parts.push(close);
  if (Array.isArray(over)) parts.push(" / (", ...partsOf(network, { terms: over }), ")");
  return parts.filter(Boolean);
}

/* The sum behind a number, and the number; without a sum where there is none. */
function writtenSum(network, symbol, index) {
  const expression = network.terms(symbol, index);
  const parts = expression?.terms.length ? partsOf(network, expression) : [];
  return { name: network.place(symbol, index), value: short(network.read(symbol, index)), parts };
}

/* The sum in one line of text, as in ∂L/∂W₁[0,0] = 0.8·(−0.092) + 0.9·0.106 = 0.0217. */
function lineOf(network, symbol, index) {
  const { name, value, parts } = writtenSum(network, symbol, index);
  const sum = parts.map((part) => part.numbers ?? part).join("");
  return [name, ...(sum ? [sum] : []), value].join(" = ");
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => { made.setAttribute(name, value); });
  made.append(...children);
  return made;
}

/* The same as elements, each product with its names above its numbers; `point` gets what one refers to. */
function sumOf(network, symbol, index, point) {
  const { name, value, parts } = writtenSum(network, symbol, index);
  const result = element("span", { class: "value" }, value);
  const elements = parts.map((part) => {
    if (typeof part === "string") return element("span", { class: "sign" }, part.trim());
    const { names, numbers, refs } = part;
    const made = element("span", { class: "term" }, element("span", {}, names), element("span", {}, numbers));
    made.addEventListener("pointerenter", () => point(refs));
    made.addEventListener("pointerleave", () => point([]));
    return made;
  });
  const equals = elements.length ? [element("span", { class: "sign" }, "=")] : [];
  return [element("span", { class: "term" }, element("span", {}, name), result), ...equals, ...elements];
}
