/** Parts of a form that are there for one choice only: `<fieldset data-if="order=random">`, or
 * while a box is ticked: `<fieldset data-if="#by-score">`. */

/** Shows such parts, and lets them be sent, while their choice is made. */
export function followChoices(root: ParentNode): void {
  for (const part of root.querySelectorAll<HTMLFieldSetElement>("fieldset[data-if]")) {
    const wish = part.dataset["if"] ?? "";
    if (wish.startsWith("#")) {
      followTick(part, root.querySelector<HTMLInputElement>(wish));
      continue;
    }
    const [name = "", wanted = ""] = wish.split("=");
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

function followTick(part: HTMLFieldSetElement, box: HTMLInputElement | null): void {
  const follow = () => {
    part.hidden = box?.checked !== true;
    part.disabled = part.hidden;
  };
  box?.addEventListener("change", follow);
  follow();
}
