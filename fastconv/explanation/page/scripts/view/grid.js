/* An array as tables of numbers. A view of an array has: show(), mark(place, kind), clear(), reveal(place),
focus(place). */

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

class Grid {
  /* root: the element with the tables. chosen(place, firmly): called with the cell that is pointed at or focused.
  change(place, typed): called where a person wants to change a number. */
  constructor(root, symbol, network, chosen, change) {
    Object.assign(this, { root, symbol, network, chosen, change });
    this.cells = new Map();
    this.marked = new Set();
    root.querySelectorAll("table").forEach((table) => this.adopt(table));
    root.addEventListener("pointerover", (event) => this.ifCell(event, (cell) => chosen(cell.place, false)));
    root.addEventListener("focusin", (event) => this.ifCell(event, (cell) => chosen(cell.place, true)));
    root.addEventListener("dblclick", (event) => this.ifCell(event, (cell) => change(cell.place, "")));
    root.addEventListener("keydown", (event) => this.ifCell(event, (cell) => this.pressed(event, cell)));
  }

  adopt(table) {
    const [start, down, right] = table.dataset.at.split(",").map(Number);
    const label = table.caption?.textContent ?? "";
    table.setAttribute("role", "grid");
    table.setAttribute("aria-label", `${symbolName(this.symbol)}${label}`);
    [...table.rows].forEach((row, r) =>
      [...row.cells].forEach((cell, c) => {
        cell.place = start + r * down + c * right;
        cell.tabIndex = r || c ? -1 : 0;
        this.cells.set(cell.place, cell);
      }),
    );
  }

  ifCell(event, act) {
    const cell = event.target.closest("td");
    if (cell) act(cell);
  }

  pressed(event, cell) {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    const [row, table] = [cell.parentElement, cell.closest("table")];
    const [down, right] = ARROWS[key] ?? [0, 0];
    let to = null;
    if (ARROWS[key]) to = table.rows[row.rowIndex + down]?.cells[cell.cellIndex + right];
    else if (key === "Home") to = row.cells[0];
    else if (key === "End") to = row.cells[row.cells.length - 1];
    else if (key === "Enter" || key === "F2") this.change(cell.place, "");
    else if (/^[-\d.]$/.test(key)) this.change(cell.place, key);
    else return;
    event.preventDefault();
    if (to) this.focus(to.place);
  }

  focus(place) {
    const cell = this.cells.get(place);
    cell.closest("table").querySelectorAll('[tabindex="0"]').forEach((other) => { other.tabIndex = -1; });
    cell.tabIndex = 0;
    cell.focus();
  }

  show() {
    const data = this.network.data(this.symbol);
    const [texts, colours] = [aligned(data), shades(data)];
    this.root.style.setProperty("--wide", Math.max(...texts.map((text) => text.length)));
    const coloured = !this.network.record.arrays[this.symbol].classes;
    for (const [place, cell] of this.cells) {
      cell.textContent = texts[place];
      if (coloured) cell.style.setProperty("--v", colours[place].toFixed(3));
    }
  }

  mark(place, kind) {
    const cell = this.cells.get(place);
    if (!cell) return;
    this.marked.add(cell);
    cell.classList.add(kind);
    if (kind === "at") cell.setAttribute("aria-selected", "true");
  }

  unmark(kind) { this.marked.forEach((cell) => cell.classList.remove(kind)); }

  clear() {
    this.marked.forEach((cell) => {
      cell.removeAttribute("class");
      cell.removeAttribute("aria-selected");
    });
    this.marked.clear();
  }

  reveal() {}
}
