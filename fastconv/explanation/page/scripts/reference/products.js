/* Layers whose outputs are sums of products, input times weight. Each is one enumeration of the triples
(output, input, weight): forward, both gradients and the sum behind each number follow from it. */

/* 0, 1, … below a length, or one of them alone. */
const range = (length, only) => (only === undefined ? Array.from({ length }, (_, k) => k) : [only]);

/* The triples of a convolution; `only`: those of one output, or of one filter or one example, and of one channel. */
function convTriples(node, network, visit, only = {}) {
  const [examples, channels, ...image] = network.shape(node.inputs[0]);
  const [, filters, rows, columns] = network.shape(node.output);
  const perGroup = [channels / node.groups, filters / node.groups];
  const [pixels, taps] = [image[0] * image[1], node.kernel[0] * node.kernel[1]];
  const places = [range(rows, only.i), range(columns, only.j), range(perGroup[0], only.c)];
  for (const n of range(examples, only.n))
    for (const o of range(filters, only.o))
      for (const i of places[0])
        for (const j of places[1]) {
          const output = ((n * filters + o) * rows + i) * columns + j;
          for (const c of places[2]) {
            const plane = n * channels + Math.floor(o / perGroup[1]) * perGroup[0] + c;
            const filter = o * perGroup[0] + c;
            eachTap(node, image, i, j, (pixel, tap) => visit(output, plane * pixels + pixel, filter * taps + tap));
          }
        }
}

/* Where in these a number of the output, of the weight or of the input takes part. */
function convPart(node, network, role, index) {
  const symbol = { output: node.output, weight: node.parameters.weight, 0: node.inputs[0] }[role];
  const [first, second, i, j] = indicesOf(network.shape(symbol), index);
  const perGroup = network.shape(node.inputs[0])[1] / node.groups;
  if (role === "output") return { n: first, o: second, i, j };
  return role === "weight" ? { o: first, c: second } : { n: first, c: second % perGroup };
}

function linearTriples(node, network, visit, only = {}) {
  const [outputs, inputs] = network.shape(node.parameters.weight);
  const places = [range(outputs, only.o), range(inputs, only.i)];
  for (const n of range(sizeOf(network.shape(node.inputs[0])) / inputs, only.n))
    for (const o of places[0])
      for (const i of places[1]) visit(n * outputs + o, n * inputs + i, o * inputs + i);
}

function linearPart(node, network, role, index) {
  const [outputs, inputs] = network.shape(node.parameters.weight);
  const at = (length) => [Math.floor(index / length), index % length];
  const [n, o] = at(outputs);
  const [row, i] = at(inputs);
  return { output: { n, o }, weight: { o: row, i }, 0: { n: row, i } }[role];
}

/* The number of the bias that belongs to an output. */
const convBias = ([, filters, rows, columns], place) => Math.floor(place / (rows * columns)) % filters;
const linearBias = (shape, place) => place % shape[shape.length - 1];

const ofProducts = (triples, partOf, biasOf, weightFirst) => ({
  forward(node, network) {
    const { weight, bias } = node.parameters;
    const [x, w, z] = [node.inputs[0], weight, node.output].map((symbol) => network.data(symbol));
    z.fill(0);
    triples(node, network, (output, input, tap) => { z[output] += x[input] * w[tap]; });
    if (bias) z.forEach((_, place) => { z[place] += network.data(bias)[biasOf(network.shape(node.output), place)]; });
  },

  backward(node, network) {
    const { weight, bias } = node.parameters;
    const [x, w, dz] = [node.inputs[0], weight, gradientOf(node.output)].map((symbol) => network.data(symbol));
    const [dx, dw] = [node.gradients[0], node.gradients.weight].map((symbol) => network.data(symbol).fill(0));
    triples(node, network, (output, input, tap) => {
      dw[tap] += x[input] * dz[output];
      dx[input] += w[tap] * dz[output];
    });
    if (!bias) return;
    const db = network.data(node.gradients.bias).fill(0);
    dz.forEach((value, place) => { db[biasOf(network.shape(node.output), place)] += value; });
  },

  terms(node, network, role, index) {
    const { weight, bias } = node.parameters;
    const [x, dz] = [node.inputs[0], gradientOf(node.output)];
    const terms = [];
    if (role === "bias") {
      network.data(dz).forEach((_, place) => {
        if (biasOf(network.shape(dz), place) === index) terms.push([ref(dz, place)]);
      });
      return { terms };
    }
    triples(node, network, (output, input, tap) => {
      if (role === "output" && output === index)
        terms.push(weightFirst ? [ref(weight, tap), ref(x, input)] : [ref(x, input), ref(weight, tap)]);
      if (role === "weight" && tap === index)
        terms.push(weightFirst ? [ref(dz, output), ref(x, input)] : [ref(x, input), ref(dz, output)]);
      if (role === "0" && input === index)
        terms.push(weightFirst ? [ref(weight, tap), ref(dz, output)] : [ref(dz, output), ref(weight, tap)]);
    }, partOf(node, network, role, index));
    if (role === "output" && bias) terms.push([ref(bias, biasOf(network.shape(node.output), index))]);
    return { terms };
  },
});

const Conv2d = ofProducts(convTriples, convPart, convBias, false);
const Linear = ofProducts(linearTriples, linearPart, linearBias, true);
