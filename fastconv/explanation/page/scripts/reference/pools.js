/* Poolings: the largest number of each window, or the mean. */

function poolPairs(node, network, visit) {
  const inner = network.shape(node.inputs[0]);
  eachWindow(node, network.shape(node.output), inner, sizeOf(inner.slice(0, -2)), visit);
}

/* The input that wins each window: the first of equals in row-major order; a NaN wins. */
function winnersOf(node, network) {
  const x = network.data(node.inputs[0]);
  const winners = new Int32Array(sizeOf(network.shape(node.output))).fill(-1);
  poolPairs(node, network, (output, input) => {
    const best = winners[output];
    if (best < 0 || x[input] > x[best] || (Number.isNaN(x[input]) && !Number.isNaN(x[best]))) winners[output] = input;
  });
  return winners;
}

/* The inputs of one window, in row-major order. */
function windowOf(node, network, index) {
  const inputs = [];
  poolPairs(node, network, (output, input) => { if (output === index) inputs.push(input); });
  return inputs;
}

const MaxPool2d = {
  piece: winnersOf,

  forward(node, network) {
    const [x, y] = [network.data(node.inputs[0]), network.data(node.output)];
    winnersOf(node, network).forEach((winner, output) => { y[output] = x[winner]; });
  },

  backward(node, network) {
    const [dx, dy] = [network.data(node.gradients[0]).fill(0), network.data(gradientOf(node.output))];
    winnersOf(node, network).forEach((winner, output) => { dx[winner] += dy[output]; });
  },

  terms(node, network, role, index) {
    const [x, winners] = [node.inputs[0], winnersOf(node, network)];
    if (role === "output") {
      const terms = windowOf(node, network, index).map((input) => [ref(x, input)]);
      return { how: "max", terms, won: [ref(x, winners[index])] };
    }
    const windows = [];
    poolPairs(node, network, (output, input) => { if (input === index) windows.push(output); });
    const wins = windows.filter((output) => winners[output] === index);
    const seen = windows.flatMap((output) => windowOf(node, network, output)).map((input) => ref(x, input));
    const won = windows.map((output) => ref(x, winners[output]));
    const own = network.place(x, index);
    const others = [...new Set(won.map(({ index }) => network.place(x, index)))].join(", ");
    let note = `${own} is the maximum of its window: the window's gradient goes to it.`;
    if (!windows.length) note = `No window sees ${own}: its gradient is 0.`;
    else if (!wins.length) note = `${own} is not the maximum of its window, ${others} is: the gradient goes there.`;
    return { terms: wins.map((output) => [ref(gradientOf(node.output), output)]), seen, won, note };
  },
};

const AvgPool2d = {
  forward(node, network) {
    const [x, y] = [network.data(node.inputs[0]), network.data(node.output).fill(0)];
    poolPairs(node, network, (output, input) => { y[output] += x[input] / sizeOf(node.kernel); });
  },

  backward(node, network) {
    const [dx, dy] = [network.data(node.gradients[0]).fill(0), network.data(gradientOf(node.output))];
    poolPairs(node, network, (output, input) => { dx[input] += dy[output] / sizeOf(node.kernel); });
  },

  terms(node, network, role, index) {
    const terms = [];
    poolPairs(node, network, (output, input) => {
      if (role === "output" && output === index) terms.push([ref(node.inputs[0], input)]);
      if (role === "0" && input === index) terms.push([ref(gradientOf(node.output), output)]);
    });
    return { terms, over: sizeOf(node.kernel) };
  },
};
