/* Each gradient beside central differences, (L(v + h) - L(v - h)) / 2h. Where a step of h changes which ReLU
passes or which number wins a window, L may have a kink and no derivative: a smaller step is tried, then none. */

const EVERY_ENTRY = 64;
const SAMPLE = 16;
const LARGE = 5000;
const SAMPLE_OF_LARGE = 4;
const TOLERANCE = 1e-6;
const STEPS = [1e-5, 1e-7];

/* Computes the loss of a network in which the numbers of one symbol are others. */
function lossOf(network, symbol) {
  const { nodes, loss } = network.record;
  if (symbol === loss.inner) return LOSSES[loss.kind].ofInner(loss, network);
  const reads = ({ inputs, parameters }) => inputs.includes(symbol) || Object.values(parameters).includes(symbol);
  const first = nodes.findIndex(reads);
  network.forward(first < 0 ? nodes.length : first);
  return network.loss;
}

/* Which ReLUs pass and which numbers win their windows. */
const piecesOf = (network) =>
  network.record.nodes.map((node) => LAYERS[node.kind].piece?.(node, network)?.join()).join(";");

/* The central difference at one place; null at a kink. `other`: a copy of the network to change. */
function slopeAt(network, other, symbol, place, pieces) {
  const value = network.data(symbol)[place];
  const { kind, inputs, inner } = network.record.loss;
  const isProbability = symbol === inner || (kind === "BCELoss" && symbol === inputs[0]);
  const reach = isProbability ? Math.min(value, 1 - value) : Math.max(1, Math.abs(value));
  for (const step of STEPS) {
    const moved = [value + step * reach, value - step * reach];
    const sides = moved.map((v) => {
      other.data(symbol)[place] = v;
      const loss = lossOf(other, symbol);
      return { loss, same: piecesOf(other) === pieces };
    });
    other.data(symbol)[place] = value;
    if (sides.every(({ same }) => same)) return (sides[0].loss - sides[1].loss) / (moved[0] - moved[1]);
  }
  return null;
}

/* { error, kinks, checked, size } of a gradient: the largest difference, relative to its largest entry. */
function checkOf(network, symbol) {
  const gradient = network.data(gradientOf(symbol));
  const [other, pieces, size] = [network.copy(), piecesOf(network), gradient.length];
  const parameters = network.parameters.reduce((sum, name) => sum + network.data(name).length, 0);
  const count = parameters > LARGE ? Math.min(size, SAMPLE_OF_LARGE) : size <= EVERY_ENTRY ? size : SAMPLE;
  const places = Array.from({ length: count }, (_, k) => Math.floor((k * (size - 1)) / Math.max(1, count - 1)));
  const slopes = places.map((place) => slopeAt(network, other, symbol, place, pieces));
  const off = places.flatMap((place, k) => (slopes[k] === null ? [] : [Math.abs(gradient[place] - slopes[k])]));
  const largest = Math.max(largestOf(gradient), largestOf(Float64Array.from(slopes, (slope) => slope ?? 0)));
  return { error: Math.max(0, ...off) / (largest || 1), kinks: count - off.length, checked: off.length, size };
}

/* A check in words. */
function verdictOf({ error, kinks, checked, size }) {
  if (!checked) return "at a kink";
  const some = checked === size ? "" : `, ${checked} of ${size} entries checked`;
  const said = error < TOLERANCE ? "ok" : "DIFFERS by";
  return `${said} ${error ? minus(error.toExponential(0)) : 0}${some}${kinks ? `, ${kinks} at a kink` : ""}`;
}
