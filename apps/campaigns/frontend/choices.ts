/** Parts of a form that are there for one choice only: `<fieldset data-if="order=random">`. */

/** Shows such parts, and lets them be sent, while their choice is made. */
export function followChoices(root: ParentNode): void {
  for (const part of root.querySelectorAll<HTMLFieldSetElement>("fieldset[data-if]")) {
    const [name = "", wanted = ""] = (part.dataset["if"] ?? "").split("=");
    const choice = part.form?.elements.namedItem(name);
    if (!(choice instanceof HTMLSelectElement)) {
      continue;
    }
    const follow = () => {
      part.hidden = choice.value !== wanted;
      part.disabled = part.hidden;
    };
    choice.addEventListener("change", follow);
    follow();
  }
}
