/* Symbols in plain text: dL/dW1 is ∂L/∂W₁. */

const GREEK = { mu: "μ", var: "σ²", gamma: "γ", beta: "β", xhat: "x̂" };
const digitsIn = (alphabet) => (text) => text.replace(/\d/g, (digit) => alphabet[digit]);
const lowered = digitsIn("₀₁₂₃₄₅₆₇₈₉");
const raised = digitsIn("⁰¹²³⁴⁵⁶⁷⁸⁹");

function symbolName(symbol) {
  const [, of, letters, number, rest] = symbol.match(/^(dL\/d)?([A-Za-z_]+)(\d*)(.*)$/);
  const name = (GREEK[letters] ?? letters) + lowered(number) + rest.replace(/'/g, "′");
  return of ? `∂L/∂${name}` : name;
}

/* One number of an array, its indices as in the formulas: an example is a column there, and stands raised. */
function placeName(symbol, { shape, columns }, place) {
  const name = symbolName(symbol);
  if (sizeOf(shape) === 1) return name;
  let indices = indicesOf(shape, place);
  if (columns && shape.length === 2) {
    const [example, entry] = indices;
    return name + (shape[0] > 1 ? `⁽${raised(String(example))}⁾` : "") + (shape[1] > 1 ? `[${entry}]` : "");
  }
  while (shape.length > 2 && shape[0] === 1) [shape, indices] = [shape.slice(1), indices.slice(1)];
  return `${name}[${indices.join(",")}]`;
}
