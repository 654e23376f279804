/* What a person can do with a network: change it, take steps downhill, check its gradients. */

class Training {
  constructor(article, network) {
    Object.assign(this, { article, network });
    this.root = article.querySelector(".training");
    network.compute();
    this.start = network.copy();
    this.losses = [network.loss];
    this.run = 0;
    this.reader = new Reader(article, network, () => this.changed());
    this.reader.views.show();
    this.eta = this.root.querySelector(".eta");
    this.eta.value = String(network.eta);
    this.eta.addEventListener("change", () => this.setEta());
    const on = (name, act) => this.root.querySelector(`.${name}`).addEventListener("click", act);
    on("one", () => this.steps(1));
    on("ten", () => this.steps(10));
    on("compare", () => this.check());
    on("reset", () => this.reset());
    this.root.hidden = false;
    drawCurve(this.root.querySelector("svg"), this.losses);
  }

  say(text) { this.root.querySelector(".said").textContent = text; }

  setEta() {
    const eta = Number(this.eta.value.trim().replace(",", "."));
    const fits = eta > 0 && Number.isFinite(eta);
    this.eta.setAttribute("aria-invalid", !fits);
    if (!fits) return this.say("η needs a number above 0");
    this.network.eta = eta;
    this.network.compute();
    return this.show("");
  }

  /* After a change by hand, the curve begins anew. */
  changed() {
    this.network.compute();
    this.losses = [this.network.loss];
    this.show(`L = ${short(this.network.loss)}`);
  }

  steps(count) {
    for (let k = 0; k < count; k++) {
      this.network.move();
      this.network.compute();
      this.losses.push(this.network.loss);
    }
    const taken = this.losses.length - 1;
    this.show(`After ${taken} ${taken === 1 ? "step" : "steps"} L = ${short(this.network.loss)}`);
  }

  reset() {
    for (const [symbol, { data }] of this.start.arrays) this.network.data(symbol).set(data);
    this.network.compute();
    this.losses = [this.network.loss];
    this.show("As in the beginning.");
  }

  show(said) {
    this.run++; // what is being checked is no longer so
    this.reader.show();
    this.say(said);
    drawCurve(this.root.querySelector("svg"), this.losses);
    this.article.classList.add("changed");
    this.article.querySelectorAll(".eta-now").forEach((note) => { note.textContent = `η = ${this.network.eta}`; });
    for (const step of this.reader.steps) {
      const lines = step.querySelectorAll(".terms li");
      lines.forEach((line, index) => { line.textContent = lineOf(this.network, step.dataset.step, index); });
      step.querySelectorAll(".check").forEach((check) => { check.textContent = ""; });
    }
  }

  /* Compares each gradient with central differences, and writes the error beside its formula. */
  async check() {
    const errors = [];
    const run = ++this.run;
    for (const step of this.reader.steps) {
      const place = step.querySelector(".check");
      const symbol = step.dataset.step.replace(/^dL\/d/, "");
      if (!place || !this.network.has(symbol)) continue;
      this.say(`Checking ${symbolName(step.dataset.step)} …`);
      await new Promise((done) => { setTimeout(done); }); // so that the page answers meanwhile
      if (run !== this.run) return;
      const found = checkOf(this.network, symbol);
      const verdict = found.checked ? (found.error < TOLERANCE ? "ok" : "differs") : "kink";
      place.className = `check ${verdict}`;
      place.textContent = verdictOf(found);
      errors.push(found.error);
    }
    const largest = minus(Math.max(...errors).toExponential(0));
    const all = errors.every((error) => error < TOLERANCE);
    const agree = `${all ? "All" : "NOT ALL"} ${errors.length} gradients agree with central differences`;
    this.say(`${agree}; largest relative error ${largest}.`);
  }
}
