/* Brings the page to life. */

document.documentElement.classList.add("js");

const networks = [];

for (const article of document.querySelectorAll("article")) {
  const network = new Network(JSON.parse(article.querySelector("script").textContent));
  networks.push(network);
  if (network.record.computed) network.training = new Training(article, network);
  else {
    network.reader = new Reader(article, network, () => {});
    network.reader.views.show();
  }
}

const readers = () => networks.map(({ training, reader }) => training?.reader ?? reader);

const theme = document.querySelector(".theme");
const preferred = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
const dark = () => (document.documentElement.dataset.theme ?? preferred()) === "dark";
const nameTheme = () => {
  theme.textContent = dark() ? "Light" : "Dark";
  theme.setAttribute("aria-label", `${theme.textContent} colours`);
};

theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = dark() ? "light" : "dark";
  nameTheme();
  readers().forEach(({ views }) => views.show());
});
nameTheme();
theme.closest("nav").hidden = false;

addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));

/* For those who want to look into the networks from a browser's console. */
globalThis.fastconv = { networks, valueOf, refsOf, lineOf };
