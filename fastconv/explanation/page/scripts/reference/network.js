/* The network: its arrays by symbol, and where each comes from. */

const gradientOf = (symbol) => `dL/d${symbol}`;

class Network {
  constructor(record) {
    this.record = record;
    this.eta = record.eta;
    this.arrays = new Map(Object.entries(record.arrays).map(([symbol, array]) => [symbol, decoded(array)]));
    this.read = (symbol, index) => this.data(symbol)[index];
    this.origins = this.findOrigins();
  }

  data(symbol) { return this.arrays.get(symbol).data; }

  shape(symbol) { return this.arrays.get(symbol).shape; }

  has(symbol) { return this.arrays.has(symbol); }

  given(symbol) { return this.record.arrays[symbol].given; }

  /* The name of one number, such as W₁[0,1]. */
  place(symbol, index) { return placeName(symbol, this.record.arrays[symbol], index); }

  /* The symbols of the parameters. */
  get parameters() { return this.record.nodes.flatMap((node) => Object.values(node.parameters)); }

  get loss() { return this.data(this.record.loss.output)[0]; }

  /* By symbol: a function from an index to the expression behind that number. */
  findOrigins() {
    const origins = new Map();
    for (const node of this.record.nodes.filter(({ kind }) => kind)) {
      const from = (role) => (index) => LAYERS[node.kind].terms(node, this, role, index);
      origins.set(node.output, from("output"));
      for (const [role, symbol] of Object.entries(node.gradients)) origins.set(symbol, from(role));
    }
    const { loss, sums } = this.record;
    for (const symbol of loss.kind ? [loss.output, loss.inner, gradientOf(loss.inner), gradientOf(loss.inputs[0])] : [])
      if (this.has(symbol)) origins.set(symbol, (index) => LOSSES[loss.kind].terms(loss, this, symbol, index));
    for (const [symbol, ways] of Object.entries(sums))
      origins.set(symbol, (index) => ({ terms: ways.map((way) => [ref(way, index)]) }));
    for (const symbol of this.parameters.filter((name) => this.has(`${name} new`)))
      origins.set(`${symbol} new`, (index) => ({
        terms: [[ref(symbol, index)], [-this.eta, ref(gradientOf(symbol), index)]],
      }));
    return origins;
  }

  /* The expression behind a number; null for what is given, and for layers that the page does not know. */
  terms(symbol, index) { return this.origins.get(symbol)?.(index) ?? null; }

  forward(first = 0) {
    const { nodes, loss } = this.record;
    for (const node of nodes.slice(first)) LAYERS[node.kind].forward(node, this);
    this.data(loss.output)[0] = LOSSES[loss.kind].forward(loss, this);
  }

  backward() {
    const { nodes, loss } = this.record;
    LOSSES[loss.kind].backward(loss, this);
    for (const node of [...nodes].reverse()) LAYERS[node.kind].backward(node, this);
  }

  /* All values, all gradients, and what a step would lead to. */
  compute() {
    this.forward();
    this.backward();
    const after = this.copy();
    after.move();
    after.forward();
    for (const symbol of this.parameters)
      if (this.has(`${symbol} new`)) this.data(`${symbol} new`).set(after.data(symbol));
    if (this.has("L new")) this.data("L new")[0] = after.loss;
  }

  /* W := W - eta dL/dW, of every parameter. */
  move() {
    for (const symbol of this.parameters) {
      const [values, gradient] = [this.data(symbol), this.data(gradientOf(symbol))];
      gradient.forEach((slope, place) => { values[place] -= this.eta * slope; });
    }
  }

  copy() {
    const copy = new Network(this.record);
    copy.eta = this.eta;
    for (const [symbol, { data }] of this.arrays) copy.data(symbol).set(data);
    return copy;
  }
}
