// A button under each chart, which saves it as a picture for slides: with title, legend and source inside.
const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "text-anchor", "font-size", "font-weight", "font-family", "display"];
const SVG = "http://www.w3.org/2000/svg", WIDE = 58, NARROW = 76;
document.querySelectorAll("figure").forEach((figure) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = document.getElementById("save").textContent;
  button.append(added("span", "sr", ": " + figure.querySelector("figcaption").textContent));
  button.addEventListener("click", () => save(figure));
  figure.append(button);
});
function save(figure) {
  const article = figure.closest("article"), chart = figure.querySelector("svg"), picture = chart.cloneNode(true);
  const copies = [...picture.querySelectorAll("*")], looks = getComputedStyle(chart);
  chart.querySelectorAll("*").forEach((one, place) => {
    LOOKS.forEach((name) => copies[place].setAttribute(name, getComputedStyle(one).getPropertyValue(name)));
  });
  const source = document.getElementById("source").textContent.replace("§", article.dataset.clause);
  const titles = wrapped(figure.querySelector("figcaption").textContent, WIDE);
  const sources = wrapped(source, NARROW), left = figure.classList.contains("months") ? ".k-years" : ".k-months";
  const keys = [...article.querySelectorAll(".key > span")].filter((one) => !one.matches(left));
  const [, , width, height] = chart.getAttribute("viewBox").split(" ").map(Number);
  const top = 18 * titles.length + 14, whole = { x: -10, y: -top, width: width + 20, height: top + height + 15 * sources.length + 30 };
  picture.setAttribute("viewBox", Object.values(whole).join(" "));
  picture.setAttribute("width", 3 * whole.width);
  picture.setAttribute("height", 3 * whole.height);
  picture.prepend(drawn("rect", { ...whole, fill: getComputedStyle(figure).backgroundColor }));
  const ink = { fill: looks.color, "font-family": looks.fontFamily };
  titles.forEach((text, n) => picture.append(drawn("text", { x: 0, y: 18 * n - top + 20, "font-size": 14, "font-weight": 700, ...ink }, text)));
  const legend = drawn("text", { x: 0, y: height + 14, "font-size": 10.5, ...ink });
  keys.forEach((one) => {
    const [mark, ...words] = one.textContent.split(" ");
    legend.append(drawn("tspan", { fill: getComputedStyle(one.firstChild).color, "font-weight": 700 }, mark), drawn("tspan", {}, " " + words.join(" ") + "\u2003"));
  });
  picture.append(legend);
  sources.forEach((text, n) => picture.append(drawn("text", { x: 0, y: height + 15 * n + 30, "font-size": 10.5, ...ink }, text)));
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas"), link = document.createElement("a");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    link.download = figure.querySelector("figcaption").textContent.trim().replace(/[^\p{L}\p{N}.]+/gu, "-") + ".png";
    link.href = canvas.toDataURL("image/png");
    link.click();
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(picture));
}
function added(name, className, text) {
  return Object.assign(document.createElement(name), { className, textContent: text });
}
function drawn(name, attributes, text = "") {
  const one = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => one.setAttribute(key, value));
  one.textContent = text;
  return one;
}
function wrapped(text, most) {
  const lines = [""];
  text.trim().split(/\s+/).forEach((word) => {
    if (lines.at(-1).length + word.length < most) lines.push((lines.pop() + " " + word).trim());
    else lines.push(word);
  });
  return lines;
}
