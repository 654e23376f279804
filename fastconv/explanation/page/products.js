/* Layers whose outputs are sums of products, input times weight. Each is one enumeration of the triples
(output, input, weight): forward, both gradients and the sum behind each number follow from it. */

function convTriples(node, network, visit) {
  const [examples, channels, ...image] = network.shape(node.inputs[0]);
  const [, filters, rows, columns] = network.shape(node.output);
  const perGroup = [channels / node.groups, filters / node.groups];
  const [pixels, taps] = [image[0] * image[1], node.kernel[0] * node.kernel[1]];
  for (let n = 0; n < examples; n++)
    for (let o = 0; o < filters; o++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          const output = ((n * filters + o) * rows + i) * columns + j;
          for (let c = 0; c < perGroup[0]; c++) {
            const plane = n * channels + Math.floor(o / perGroup[1]) * perGroup[0] + c;
            const filter = o * perGroup[0] + c;
            eachTap(node, image, i, j, (pixel, tap) => visit(output, plane * pixels + pixel, filter * taps + tap));
          }
        }
}

function linearTriples(node, network, visit) {
  const [outputs, inputs] = network.shape(node.parameters.weight);
  const examples = sizeOf(network.shape(node.inputs[0])) / inputs;
  for (let n = 0; n < examples; n++)
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++) visit(n * outputs + o, n * inputs + i, o * inputs + i);
}

/* The number of the bias that belongs to an output. */
const convBias = ([, filters, rows, columns], place) => Math.floor(place / (rows * columns)) % filters;
const linearBias = (shape, place) => place % shape[shape.length - 1];

const ofProducts = (triples, biasOf, weightFirst) => ({
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
    });
    if (role === "output" && bias) terms.push([ref(bias, biasOf(network.shape(node.output), index))]);
    return { terms };
  },
});

const Conv2d = ofProducts(convTriples, convBias, false);
const Linear = ofProducts(linearTriples, linearBias, true);
