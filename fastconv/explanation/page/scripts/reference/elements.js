/* Layers that take each number by itself. */

const elementwise = (value, slope, output, gradient, more = {}) => ({
  forward(node, network) {
    const [x, y] = [network.data(node.inputs[0]), network.data(node.output)];
    x.forEach((v, place) => { y[place] = value(v); });
  },

  backward(node, network) {
    const [x, y] = [network.data(node.inputs[0]), network.data(node.output)];
    const [dx, dy] = [network.data(node.gradients[0]), network.data(gradientOf(node.output))];
    dy.forEach((v, place) => { dx[place] = v * slope(x[place], y[place]); });
  },

  terms(node, network, role, index) {
    const [x, y] = [node.inputs[0], node.output];
    return role === "output" ? output(x, index) : gradient(gradientOf(y), x, y, index, network);
  },
  ...more,
});

const Sigmoid = elementwise(
  (v) => sigmoid(v),
  (_, y) => y * (1 - y),
  (x, index) => ({ terms: [[1]], over: [[1], [ref(x, index, "expOfMinus")]] }),
  (dy, x, y, index) => ({ terms: [[ref(dy, index), ref(y, index), ref(y, index, "rest")]] }),
);

const Tanh = elementwise(
  Math.tanh,
  (_, y) => 1 - y * y,
  (x, index) => ({ terms: [[ref(x, index, "tanh")]] }),
  (dy, x, y, index) => ({ terms: [[ref(dy, index), ref(y, index, "restOfSquare")]] }),
);

const ReLU = elementwise(
  (v) => (v > 0 || Number.isNaN(v) ? v : 0),
  (v) => Number(v > 0),
  (x, index) => ({ how: "max", terms: [[0], [ref(x, index)]] }),
  (dy, x, y, index, network) => {
    const passes = network.data(x)[index] > 0;
    const own = network.place(x, index);
    const said = passes ? "is above 0: the gradient passes." : "is not above 0: the ReLU stops the gradient.";
    return { terms: [[ref(dy, index), ref(x, index, "mask")]], note: `${own} ${said}` };
  },
  { piece: (node, network) => Int32Array.from(network.data(node.inputs[0]), (v) => Number(v > 0)) },
);

const Copy = elementwise(
  (v) => v,
  () => 1,
  (x, index) => ({ terms: [[ref(x, index)]] }),
  (dy, x, y, index) => ({ terms: [[ref(dy, index)]] }),
);

/* Where the number of an output comes from in an input that is repeated along the axes of length 1. */
const repeatedPlace = (inner, outer, place) =>
  indicesOf(outer, place).reduce((at, index, axis) => at * inner[axis] + (inner[axis] === 1 ? 0 : index), 0);

/* The sum of several values. It is never computed here, since such a network is no chain. */
const Add = {
  terms(node, network, role, index) {
    const outer = network.shape(node.output);
    const placeIn = (x, place) => repeatedPlace(network.shape(x), outer, place);
    if (role === "output") return { terms: node.inputs.map((x) => [ref(x, placeIn(x, index))]) };
    const places = range(sizeOf(outer)).filter((place) => placeIn(node.inputs[role], place) === index);
    return { terms: places.map((place) => [ref(gradientOf(node.output), place)]) };
  },
};

function sigmoid(v) {
  if (v >= 0) return 1 / (1 + Math.exp(-v));
  return Math.exp(v) / (1 + Math.exp(v));
}

const LAYERS = { Conv2d, Linear, MaxPool2d, AvgPool2d, ReLU, Sigmoid, Tanh, Copy, Add };
