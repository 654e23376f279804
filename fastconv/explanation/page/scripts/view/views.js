/* All arrays of one derivation, and which of their cells are lit. */

class Views {
  constructor(article, network, chosen, change) {
    this.network = network;
    this.views = new Map();
    this.pointed = null;
    for (const root of article.querySelectorAll(".array[data-of]")) {
      const symbol = root.dataset.of;
      const Kind = root.classList.contains("large") ? Chooser : Grid;
      const own = (place, firmly) => chosen(symbol, place, firmly);
      this.views.set(symbol, new Kind(root, symbol, network, own, (place, typed) => change(symbol, place, typed)));
    }
  }

  show() { this.views.forEach((view) => view.show()); }

  clear() {
    this.views.forEach((view) => {
      view.clear();
      view.root.classList.remove("current", "source");
    });
  }

  /* Lights what a number is computed from; `firmly`: opens the folds and planes that it lies in, too. */
  light(symbol, index, firmly) {
    this.clear();
    const expression = this.network.terms(symbol, index);
    const { seen = [], won = [] } = expression ?? {};
    const refs = expression ? refsOf(expression) : [];
    if (firmly) {
      const first = new Map([...seen, ...refs].reverse().map((ref) => [ref.symbol, ref]));
      [...first.set(symbol, { symbol, index }).values()].forEach((ref) => this.reveal(ref));
    }
    seen.forEach((ref) => this.mark(ref, "seen"));
    refs.forEach((ref) => {
      const stopped = ref.form === "mask" && !(this.network.read(ref.symbol, ref.index) > 0);
      this.mark(ref, stopped ? "stopped" : "lit");
    });
    won.forEach((ref) => this.mark(ref, "won"));
    this.mark({ symbol, index }, "at");
  }

  /* Shows which arrays a step is about: that of its symbol, and those that it reads. */
  stage(symbol, firmly) {
    this.clear();
    const count = Math.min(64, this.network.data(symbol).length);
    const expressions = Array.from({ length: count }, (_, index) => this.network.terms(symbol, index) ?? { terms: [] });
    const sources = new Set(expressions.flatMap(refsOf).map((ref) => ref.symbol));
    sources.forEach((source) => this.views.get(source)?.root.classList.add("source"));
    const view = this.views.get(symbol);
    view?.root.classList.add("current");
    if (view && firmly) {
      this.reveal({ symbol, index: 0 });
      view.root.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  mark({ symbol, index }, kind) { this.views.get(symbol)?.mark(index, kind); }

  reveal({ symbol, index }) {
    const view = this.views.get(symbol);
    if (!view) return;
    const fold = view.root.closest("details");
    if (fold) fold.open = true;
    view.reveal(index);
  }

  /* Shows the numbers of one product. */
  point(refs) {
    this.views.forEach((view) => view.unmark("pair"));
    refs.forEach((ref) => this.mark(ref, "pair"));
  }

  focus(symbol, index) { this.views.get(symbol)?.focus(index); }
}
