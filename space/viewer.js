// Two-way click: whatever carries the same data-span is chosen together. Runs once for the picture and once for the text.
const choose = (number) => {
  document.querySelectorAll("[data-span]").forEach((part) => {
    const chosen = part.dataset.span === number;
    part.classList.toggle("chosen", chosen);
    part.setAttribute("aria-pressed", String(chosen));
  });
  document.querySelectorAll(".rg-picture").forEach((svg) => svg.classList.toggle("focused", number !== null));
};
const act = (event) => {
  const part = event.target.closest("[data-span]");
  if (!part) return;
  const number = part.classList.contains("chosen") ? null : part.dataset.span;
  choose(number);
  if (number === null) return;
  const wanted = part.matches(".rg-box") ? ".rg-phrase" : ".rg-box";
  document.querySelector(`${wanted}[data-span="${number}"]`)?.scrollIntoView({ block: "nearest", behavior: "smooth" });
};
element.addEventListener("click", act);
element.addEventListener("keydown", (event) => {
  // buttons click themselves; the boxes of an SVG do not
  if ((event.key !== "Enter" && event.key !== " ") || !event.target.matches(".rg-box")) return;
  event.preventDefault();
  act(event);
});
// A new window redraws the picture: the choice in the text stays, so the picture takes it over.
watch("value", () => choose(document.querySelector(".rg-phrase.chosen")?.dataset.span ?? null));
