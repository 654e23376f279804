/* Losses: L, the gradient of the last output, and what lies between them. */

/* What a mean is divided by: the elements of the output, or its examples. */
const elementsIn = (loss, network) => (loss.mean ? sizeOf(network.shape(loss.inputs[0])) : 1);
const examplesIn = (loss, network) => (loss.mean ? network.shape(loss.inputs[0])[0] : 1);

/* The sums of the binary cross entropy of probabilities a: of L, and of dL/da at one place. */
function entropyOf(a, y, count, over) {
  const terms = Array.from({ length: count }, (_, place) => [
    [ref(y, place), ref(a, place, "log")],
    [ref(y, place, "rest"), ref(a, place, "logOfRest")],
  ]);
  return { terms: terms.flat(), scale: -1, over };
}

function entropySlope(a, y, index, over) {
  const terms = [
    [ref(y, index), ref(a, index, "inverse")],
    [-1, ref(y, index, "rest"), ref(a, index, "inverseOfRest")],
  ];
  return { terms, scale: -1, over };
}

const BCEWithLogitsLoss = {
  forward(loss, network) {
    const [z, y] = loss.inputs.map((symbol) => network.data(symbol));
    network.data(loss.inner).forEach((_, place, a) => { a[place] = sigmoid(z[place]); });
    const each = z.map((v, place) => Math.max(v, 0) - v * y[place] + Math.log1p(Math.exp(-Math.abs(v))));
    return each.reduce((sum, v) => sum + v, 0) / elementsIn(loss, network);
  },

  ofInner: (loss, network) => valueOf(BCEWithLogitsLoss.terms(loss, network, loss.output), network.read),

  backward(loss, network) {
    const [dz, da] = [gradientOf(loss.inputs[0]), gradientOf(loss.inner)].map((symbol) => network.data(symbol));
    const [z, y, a] = [...loss.inputs, loss.inner].map((symbol) => network.data(symbol));
    z.forEach((v, place) => {
      dz[place] = ((1 - y[place]) * sigmoid(v) - y[place] * sigmoid(-v)) / elementsIn(loss, network);
      da[place] = (a[place] - y[place]) / (a[place] * (1 - a[place])) / elementsIn(loss, network);
    });
  },

  terms(loss, network, symbol, index) {
    const [[z, y], a, over] = [loss.inputs, loss.inner, elementsIn(loss, network)];
    if (symbol === a) return { terms: [[1]], over: [[1], [ref(z, index, "expOfMinus")]] };
    if (symbol === gradientOf(z)) return { terms: [[ref(a, index)], [-1, ref(y, index)]], over };
    if (symbol === gradientOf(a)) return entropySlope(a, y, index, over);
    return entropyOf(a, y, sizeOf(network.shape(a)), over);
  },
};

/* Of probabilities; logarithms from -100 up, as in the library. */
const BCELoss = {
  forward(loss, network) {
    const [a, y] = loss.inputs.map((symbol) => network.data(symbol));
    const each = a.map((v, place) => {
      const [yes, no] = [Math.log(v), Math.log1p(-v)].map((log) => Math.max(log, -100));
      return -(y[place] * yes + (1 - y[place]) * no);
    });
    return each.reduce((sum, v) => sum + v, 0) / elementsIn(loss, network);
  },

  backward(loss, network) {
    const [a, y, da] = [...loss.inputs, gradientOf(loss.inputs[0])].map((symbol) => network.data(symbol));
    a.forEach((v, place) => {
      da[place] = (v - y[place]) / Math.max(v * (1 - v), 1e-12) / elementsIn(loss, network);
    });
  },

  terms(loss, network, symbol, index) {
    const [[a, y], over] = [loss.inputs, elementsIn(loss, network)];
    if (symbol === gradientOf(a)) return entropySlope(a, y, index, over);
    return entropyOf(a, y, sizeOf(network.shape(a)), over);
  },
};

const CrossEntropyLoss = {
  forward(loss, network) {
    const [s, y, p] = [...loss.inputs, loss.inner].map((symbol) => network.data(symbol));
    const classes = network.shape(loss.inputs[0])[1];
    let sum = 0;
    y.forEach((label, n) => {
      const scores = s.subarray(n * classes, (n + 1) * classes);
      const most = Math.max(...scores);
      const whole = scores.reduce((total, v) => total + Math.exp(v - most), 0);
      scores.forEach((v, k) => { p[n * classes + k] = Math.exp(v - most) / whole; });
      sum += most + Math.log(whole) - scores[label];
    });
    return sum / examplesIn(loss, network);
  },

  backward(loss, network) {
    const [y, p, ds] = [loss.inputs[1], loss.inner, gradientOf(loss.inputs[0])].map((symbol) => network.data(symbol));
    const classes = network.shape(loss.inner)[1];
    p.forEach((v, place) => {
      const right = y[Math.floor(place / classes)] === place % classes;
      ds[place] = (v - Number(right)) / examplesIn(loss, network);
    });
  },

  terms(loss, network, symbol, index) {
    const [[s, y], p, over] = [loss.inputs, loss.inner, examplesIn(loss, network)];
    const classes = network.shape(p)[1];
    const labels = network.data(y);
    if (symbol === loss.output) {
      const terms = [...labels].map((label, n) => [ref(p, n * classes + label, "log")]);
      return { terms, scale: -1, over, seen: [...labels.keys()].map((n) => ref(y, n)) };
    }
    const n = Math.floor(index / classes);
    if (symbol === p) {
      const row = Array.from({ length: classes }, (_, k) => [ref(s, n * classes + k, "exp")]);
      return { terms: [[ref(s, index, "exp")]], over: row };
    }
    const right = labels[n] === index % classes;
    const note = right ? "This is the right class: onehot(y) is 1 here." : "";
    return { terms: [[ref(p, index)], ...(right ? [[-1]] : [])], over, note, seen: [ref(y, n)] };
  },
};

const MSELoss = {
  forward(loss, network) {
    return valueOf(MSELoss.terms(loss, network, loss.output), network.read);
  },

  backward(loss, network) {
    const gradient = gradientOf(loss.inputs[0]);
    network.data(gradient).forEach((_, place, dz) => {
      dz[place] = valueOf(MSELoss.terms(loss, network, gradient, place), network.read);
    });
  },

  terms(loss, network, symbol, index) {
    const [[z, y], over] = [loss.inputs, elementsIn(loss, network)];
    if (symbol === gradientOf(z)) return { terms: [[2, ref(z, index)], [-2, ref(y, index)]], over };
    return { terms: [...network.data(z).keys()].map((place) => [ref(z, place, "square", ref(y, place))]), over };
  },
};

const LOSSES = { BCEWithLogitsLoss, BCELoss, CrossEntropyLoss, MSELoss };
