/* The sum behind a number, written: once with names, once with numbers. */

const LONGEST_SUM = 36;

/* One product: its sign, and each factor as a name and as a number. */
function writtenProduct(network, factors) {
  const [first, ...others] = factors;
  const negative = typeof first === "number" && first < 0;
  const lone = negative && first === -1 && others.length;
  const kept = lone ? others : negative ? [-first, ...others] : factors;
  const written = (factor, of) => {
    if (typeof factor === "number") return short(factor);
    const text = of(factor.symbol, factor.index);
    const whole = factor.less ? `${text} − ${bracketed(of(factor.less.symbol, factor.less.index))}` : text;
    return FORMS[factor.form].say(whole);
  };
  const name = (symbol, index) => network.place(symbol, index);
  const number = (symbol, index) => short(network.read(symbol, index));
  const product = (of) => kept.map((factor) => written(factor, of)).join("·");
  return { sign: negative ? "−" : "+", names: product(name), numbers: product(number), refs: refsOf({ terms: [factors] }) };
}

/* What stands around the terms: { open, between, close }. */
function frameOf({ how, terms, scale = 1, over = 1 }) {
  const several = terms.length > 1;
  const divided = typeof over === "number" && over !== 1;
  const sign = scale < 0 ? "−" : "";
  if (how === "max") return { open: "max(", between: ",", close: ")" };
  const inBrackets = several && (sign || divided || typeof over !== "number");
  return {
    open: sign + (inBrackets ? "(" : ""),
    between: "",
    close: (inBrackets ? ")" : "") + (divided ? ` / ${over}` : ""),
  };
}

/* The products of an expression that are written out, and how many are left out: of a long sum, first those
that are 0. */
function writtenTerms(network, { terms }) {
  const long = terms.length > LONGEST_SUM;
  const kept = long ? terms.filter((factors) => productValue(factors, network.read)) : terms;
  const shown = kept.slice(0, LONGEST_SUM).map((factors) => writtenProduct(network, factors));
  return { shown, more: terms.length - shown.length };
}

/* The sum in one line of text, as in ∂L/∂W₁[0,0] = 0.8·(−0.092) + 0.9·0.106 = 0.0217. */
function lineOf(network, symbol, index) {
  const [name, value] = [network.place(symbol, index), short(network.read(symbol, index))];
  const expression = network.terms(symbol, index);
  if (!expression) return `${name} = ${value}`;
  if (!expression.terms.length) return `${name} = ${value}`;
  const { open, between, close } = frameOf(expression);
  const { shown, more } = writtenTerms(network, expression);
  const joint = (sign, k) => (k ? (between ? `${between} ` : ` ${sign} `) : sign === "−" ? "−" : "");
  const sum = shown.map(({ sign, numbers }, k) => joint(sign, k) + numbers).join("") + (more ? ` + … (${more} more)` : "");
  const { over = 1 } = expression;
  const below = typeof over === "number" ? "" : ` / (${over.map((f) => writtenProduct(network, f).numbers).join(" + ")})`;
  return `${name} = ${open}${sum}${close}${below} = ${value}`;
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => { made.setAttribute(name, value); });
  made.append(...children);
  return made;
}

const term = ({ names, numbers, refs }, point) => {
  const made = element("span", { class: "term" }, element("span", {}, names), element("span", {}, numbers));
  made.addEventListener("pointerenter", () => point(refs));
  made.addEventListener("pointerleave", () => point([]));
  return made;
};

const sign = (text) => element("span", { class: "sign" }, text);

/* The same as elements, each product with its names above its numbers; `point` is called with what one refers to. */
function sumOf(network, symbol, index, point) {
  const [name, value] = [network.place(symbol, index), short(network.read(symbol, index))];
  const expression = network.terms(symbol, index);
  const result = element("span", { class: "term" }, element("span", {}, name), element("span", { class: "value" }, value));
  if (!expression?.terms.length) return [result];
  const { open, between, close } = frameOf(expression);
  const { shown, more } = writtenTerms(network, expression);
  const parts = [result, sign("=")];
  if (open) parts.push(sign(open));
  shown.forEach((product, k) => {
    if (k || product.sign === "−") parts.push(sign(k && between ? between : product.sign));
    parts.push(term(product, point));
  });
  if (more) parts.push(sign(`+ … (${more} more)`));
  if (close) parts.push(sign(close));
  if (typeof expression.over === "object" && expression.over) {
    parts.push(sign("/ ("));
    expression.over.forEach((factors, k) => {
      if (k) parts.push(sign("+"));
      parts.push(term(writtenProduct(network, factors), point));
    });
    parts.push(sign(")"));
  }
  return parts;
}
