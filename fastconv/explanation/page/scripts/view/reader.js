/* Where it comes from: the formula of a step, the sum behind the chosen number, and the way through the steps. */

class Reader {
  constructor(article, network, changed) {
    Object.assign(this, { article, network, changed });
    this.root = article.querySelector(".reader");
    this.steps = [...article.querySelectorAll(".steps li[data-step]")];
    this.views = new Views(article, network, (...given) => this.choose(...given), (...given) => this.edit(...given));
    const [previous, next] = ["previous", "next"].map((name) => this.root.querySelector(`.${name}`));
    previous.addEventListener("click", () => this.go(this.number - 1));
    next.addEventListener("click", () => this.go(this.number + 1));
    this.steps.forEach((step, number) => step.addEventListener("click", (event) => {
      if (!event.target.closest("td, .array")) this.go(number);
    }));
    this.form = this.root.querySelector(".edit");
    this.input = this.form.querySelector("input");
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.input.addEventListener("keydown", (event) => { if (event.key === "Escape") this.back(); });
    // What the pointer passes over shows for as long as it is there; what was chosen firmly stays.
    article.querySelector(".flow, .folds").addEventListener("pointerleave", () => this.restore());
    this.root.hidden = false;
    const [weight] = network.parameters.map(gradientOf).filter((symbol) => network.has(symbol));
    if (weight) this.choose(weight, 0, false);
    else this.go(0, false);
    this.kept = this.at;
  }

  /* Shows a step of the derivation. */
  go(number, firmly = true) {
    if (number < 0 || number >= this.steps.length) return;
    const symbol = this.steps[number].dataset.step;
    this.at = this.kept = null;
    this.views.stage(symbol, firmly);
    this.tell(number);
    const hint = this.network.data(symbol).length === 1 ? "" : "Choose a number to see where it comes from.";
    if (hint) this.root.querySelector(".sum").replaceChildren(element("span", { class: "hint" }, hint));
    else this.write(symbol, 0);
    if (firmly) this.hear(this.root.querySelector(".formula math").textContent);
  }

  /* The number of a step, and its formula. */
  tell(number) {
    this.number = number;
    this.steps.forEach((step, k) => step.classList.toggle("current", k === number));
    this.root.querySelector(".place").textContent = `${number + 1} of ${this.steps.length}`;
    this.root.querySelector(".previous").disabled = number === 0;
    this.root.querySelector(".next").disabled = number === this.steps.length - 1;
    const lines = this.steps[number].querySelectorAll(".formula > math, .entries > math");
    this.root.querySelector(".formula").replaceChildren(...[...lines].map((line) => line.cloneNode(true)));
    this.form.hidden = true;
  }

  /* Shows where one number comes from. */
  choose(symbol, index, firmly) {
    if (this.form.contains(document.activeElement) && !firmly) return;
    this.at = { symbol, index };
    if (firmly) this.kept = this.at;
    this.views.light(symbol, index, firmly);
    this.tell(Math.max(0, this.steps.findIndex((step) => step.dataset.step === symbol)));
    this.write(symbol, index);
    if (firmly) this.hear([lineOf(this.network, symbol, index), this.note(symbol, index)].join(". "));
    this.form.hidden = !this.editable(symbol);
    if (this.form.hidden) return;
    this.form.querySelector("span").textContent = this.network.place(symbol, index);
    this.input.value = this.shown = String(Number(this.network.read(symbol, index).toPrecision(7)));
    this.input.removeAttribute("aria-invalid");
  }

  /* Goes back from what was pointed at to what was chosen. */
  restore() {
    if (this.kept && this.kept !== this.at) this.choose(this.kept.symbol, this.kept.index, false);
  }

  write(symbol, index) {
    const parts = sumOf(this.network, symbol, index, (refs) => this.views.point(refs));
    const note = this.note(symbol, index);
    if (note) parts.push(element("span", { class: "note" }, note));
    this.root.querySelector(".sum").replaceChildren(...parts);
  }

  note(symbol, index) {
    const expression = this.network.terms(symbol, index);
    if (expression) return expression.note ?? "";
    return this.network.given(symbol) ? "" : "What this layer computes is not written out here.";
  }

  hear(text) { this.root.querySelector(".heard").textContent = text; }

  editable(symbol) { return this.network.record.computed && this.network.given(symbol); }

  /* Puts the cursor where the chosen number can be changed. */
  edit(symbol, index, typed) {
    if (!this.editable(symbol)) return;
    this.choose(symbol, index, true);
    this.input.value = typed || this.input.value;
    this.input.focus();
    if (!typed) this.input.select();
  }

  submit(event) {
    event.preventDefault();
    if (this.input.value === this.shown) {
      this.back();
      return;
    }
    const { symbol, index } = this.at;
    const value = Number(this.input.value.trim().replace("−", "-").replace(",", "."));
    const wrong = this.input.value.trim() === "" ? "needs a number" : this.wrong(symbol, value);
    this.input.setAttribute("aria-invalid", Boolean(wrong));
    if (wrong) {
      this.hear(`${this.network.place(symbol, index)} ${wrong}`);
      return;
    }
    this.network.data(symbol)[index] = value;
    this.changed();
    this.back();
  }

  /* What a new number would have to be; nothing if it is. */
  wrong(symbol, value) {
    if (!Number.isFinite(value)) return "needs a number";
    const { kind, inputs } = this.network.record.loss;
    if (kind === "BCELoss" && symbol === inputs[1] && (value < 0 || value > 1)) return "needs a number from 0 to 1";
    if (!this.network.record.arrays[symbol].classes) return "";
    const classes = this.network.shape(inputs[0])[1];
    return Number.isInteger(value) && value >= 0 && value < classes ? "" : `needs a class from 0 to ${classes - 1}`;
  }

  back() {
    const { symbol, index } = this.at;
    this.views.focus(symbol, index);
    this.choose(symbol, index, true);
  }

  /* Shows all numbers anew. */
  show() {
    this.views.show();
    if (this.at) this.choose(this.at.symbol, this.at.index, false);
    else this.go(this.number, false);
  }
}
