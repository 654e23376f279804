/* A large array: one plane at a time, the sample and the channel to choose. */

const LARGEST_TABLE = 256;
const ACROSS = 32;

class Chooser {
  constructor(root, symbol, network, chosen, change) {
    Object.assign(this, { root, symbol, network, chosen, change });
    let { shape } = network.arrays.get(symbol);
    while (shape.length > 2 && shape[0] === 1) shape = shape.slice(1);
    this.outer = shape.slice(0, -2);
    [this.rows, this.columns] = [1, 1, ...shape].slice(-2);
    this.size = this.rows * this.columns;
    this.count = sizeOf(shape);
    this.inside = element("div", { class: "plane" });
    this.selects = this.outer.map((length, axis) => this.select(length, axis));
    const choices = this.selects.map(({ parentElement }) => parentElement);
    this.summary = root.querySelector("p");
    root.append(element("div", { class: "choices" }, ...choices), this.inside);
    this.number = -1;
    this.marks = [];
  }

  select(length, axis) {
    const isParameter = this.network.parameters.some((name) => [name, gradientOf(name)].includes(this.symbol));
    const names = isParameter ? ["filter", "channel"] : ["example", "channel"];
    const name = names.slice(-this.outer.length)[axis] ?? `axis ${axis}`;
    const options = Array.from({ length }, (_, k) => element("option", { value: k }, String(k)));
    const select = element("select", {}, ...options);
    element("label", { class: "choice" }, `${name} `, select);
    select.addEventListener("change", () => this.open(this.selected()));
    return select;
  }

  selected() { return this.selects.reduce((number, { value }, axis) => number * this.outer[axis] + Number(value), 0); }

  /* Shows a plane; a vector goes on in further rows. */
  open(number) {
    if (number === this.number) return;
    this.number = number;
    indicesOf(this.outer, number).forEach((index, axis) => { this.selects[axis].value = index; });
    const start = number * this.size;
    const vector = this.rows === 1;
    const columns = vector ? Math.min(ACROSS, this.columns) : this.columns;
    const rows = Math.ceil(this.size / columns);
    const plane = { rows, columns, start, end: start + this.size, down: columns, right: 1 };
    this.inside.replaceChildren();
    const common = [this.symbol, this.network, this.chosen, this.change];
    if (this.size <= LARGEST_TABLE) {
      this.inside.append(this.table(plane));
      this.view = new Grid(this.inside.firstChild, ...common);
    } else this.view = new Picture(this.inside, plane, ...common);
    this.view.show();
    this.marks.forEach(({ place, kind }) => this.view.mark(place, kind));
  }

  table({ rows, columns, start, end, down }) {
    const body = element("tbody");
    for (let r = 0; r < rows; r++) {
      const cells = Math.min(columns, end - start - r * columns);
      body.append(element("tr", {}, ...Array.from({ length: cells }, () => element("td"))));
    }
    return element("div", {}, element("table", { "data-at": `${start},${down},1` }, body));
  }

  show() {
    const data = this.network.data(this.symbol);
    const [low, high] = [data.reduce((a, b) => Math.min(a, b)), data.reduce((a, b) => Math.max(a, b))];
    const mean = data.reduce((a, b) => a + b) / data.length;
    this.summary.textContent = `${data.length} numbers: min ${short(low)}, max ${short(high)}, mean ${short(mean)}`;
    if (this.number < 0) this.open(0);
    else this.view.show();
  }

  mark(place, kind) {
    this.marks.push({ place, kind });
    this.view?.mark(place, kind);
  }

  unmark(kind) {
    this.marks = this.marks.filter((mark) => mark.kind !== kind);
    this.view?.unmark(kind);
  }

  clear() {
    this.marks = [];
    this.view?.clear();
  }

  reveal(place) { this.open(Math.floor(place / this.size)); }

  focus(place) {
    this.reveal(place);
    this.view.focus(place);
  }
}
