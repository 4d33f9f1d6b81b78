/**
 * Forms that are sent to the API as JSON: what they name is what the API takes.
 *
 * `<form data-api="/api/…" data-method="PATCH" data-then="/campaigns/0/">`. A field says by
 * `data-as` what its text stands for; a dot in its name leads into an object. A form with a file
 * is sent as it is. The error's sentence is shown in `[data-error-of=FIELD]`, or else in
 * `[data-error]`, and its field marked. Afterwards the page is loaded anew; a form with `data-sent`
 * hears `sent` instead, and whoever listens shows what became of it.
 */

import { HttpError, NetworkError, sendAny } from "../../core/frontend/http";
import { withLabels, withoutField } from "../../core/frontend/sentences";
import { noteSaved } from "./saved";
import { readBegins, type WalkBegin } from "./walk_begins";

const LOSES_OTHERS =
  "What you have typed elsewhere on this page is not saved yet, and is lost if you go on. Go on?";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | HTMLButtonElement;

/** Thrown for a text that cannot be what its field wants; says why. */
export class EntryError extends Error {
  constructor(
    readonly field: string,
    readonly sentence: string,
  ) {
    super(sentence);
  }
}

/** "3, 7-9" as 3, 7, 8, 9. */
export function numbersOf(text: string, field: string): readonly number[] {
  return text.split(",").flatMap((part) => {
    const found = /^\s*(\d{1,9})\s*(?:[-–]\s*(\d{1,9})\s*)?$/.exec(part);
    const first = Number(found?.[1]);
    const last = Number(found?.[2] ?? found?.[1]);
    if (found === null || last < first || last - first >= 1000) {
      throw new EntryError(field, `${part.trim() || "Nothing"} is no number or range of numbers.`);
    }
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function beginsOf(text: string, field: string): readonly WalkBegin[] {
  const { begins, wrong } = readBegins(text);
  if (wrong !== "") {
    throw new EntryError(field, wrong);
  }
  return begins;
}

/** The very time that was there, where nobody has changed it: its field shows no seconds, and of an
    hour that comes twice in autumn it holds but one. */
function timeOf(field: Field): string {
  const before = field.dataset["time"];
  const isAsBefore = field instanceof HTMLInputElement && field.value === field.defaultValue;
  return before !== undefined && isAsBefore ? before : new Date(field.value).toISOString();
}

function valueOf(field: Field): unknown {
  const text = field.value;
  switch (field.dataset["as"]) {
    case "number":
    case "numbers":
      return Number(text);
    case "flag":
      return text === "true";
    case "maybe":
      return text === "" ? null : text === "true";
    case "ids":
      return text.split(/[\s,;]+/).filter((id) => id !== "");
    case "roots":
      return beginsOf(text, field.name);
    case "limit":
      return text === "" ? null : Number(text);
    case "nullable":
      return text === "" ? null : text;
    case "time":
      return text === "" ? null : timeOf(field);
    case "ranges":
      return numbersOf(text, field.name);
    default:
      return field instanceof HTMLInputElement && field.type === "checkbox" ? field.checked : text;
  }
}

function isDisabled(field: Element): boolean {
  return field.matches(":disabled") || field.closest("fieldset:disabled") !== null;
}

function isSent(field: Element): field is Field {
  const isField =
    field instanceof HTMLInputElement ||
    field instanceof HTMLSelectElement ||
    field instanceof HTMLTextAreaElement;
  return isField && field.name !== "" && !isDisabled(field);
}

/** What the form says, with the button that sent it. */
export function bodyOf(form: HTMLFormElement, button: HTMLElement | null): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const fields: Field[] = [...form.elements].filter(isSent);
  if (button instanceof HTMLButtonElement && button.name !== "") {
    fields.push(button);
  }
  for (const field of fields) {
    const path = field.name.split(".");
    const last = path.pop() ?? "";
    const inner = path.reduce<Record<string, unknown>>((outer, name) => {
      const next = (outer[name] ?? {}) as Record<string, unknown>;
      outer[name] = next;
      return next;
    }, body);
    const before = (inner[last] as unknown[] | undefined) ?? [];
    if (field.dataset["as"] === "numbers") {
      inner[last] = [...before, valueOf(field)];
    } else if (field.dataset["as"] === "chosen" && field instanceof HTMLInputElement) {
      inner[last] = field.checked ? [...before, field.value] : before;
    } else {
      inner[last] = valueOf(field);
    }
  }
  return body;
}

/** What may be done before and after a form is sent. */
export interface Page {
  readonly ask: (question: string) => boolean;
  readonly go: (url: string) => void;
  readonly reload: () => void;
}

/** Whether somebody has changed a field and not sent it. */
function isChanged(field: Element): boolean {
  if (field instanceof HTMLInputElement) {
    return field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.value !== field.defaultValue;
  }
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    return field.value !== (options.find((each) => each.hasAttribute("selected")) ?? options[0])?.value;
  }
  return field instanceof HTMLTextAreaElement && field.value !== field.defaultValue;
}

/** Whether the page, loaded anew, would lose what was typed into another form than this one. */
function losesOthers(form: HTMLFormElement): boolean {
  const others = [...form.ownerDocument.querySelectorAll<HTMLFormElement>("form[data-api]")];
  return others.some((other) => other !== form && [...other.elements].some(isChanged));
}

function mayBeSent(form: HTMLFormElement, button: HTMLElement | null, page: Page): boolean {
  const question = button?.dataset["question"] ?? "";
  if (question !== "" && !page.ask(question)) {
    return false;
  }
  return staysHere(form) || !losesOthers(form) || page.ask(LOSES_OTHERS);
}

/** Whether the page stays after the form was sent: to show what is never told again, or as
    somebody else shows what became of it. */
function staysHere(form: HTMLFormElement): boolean {
  return form.querySelector("[data-shown]") !== null || form.dataset["sent"] !== undefined;
}

/** "Passes: give between 1 and 15." said with the words of the form, where the field is in it. */
export function inWordsOf(form: HTMLFormElement, sentence: string, field: string | null): string {
  return withLabels(sentence, field, (name) => labelOf(form, name));
}

/** What the form calls a field; "" where it has none of this name. A field in a part of the form
 * that one chooses goes by the name of the part. */
function labelOf(form: HTMLFormElement, field: string): string {
  const all = [...form.elements];
  const named = (name: string) => all.find((each) => each.getAttribute("name") === name);
  const inside = (name: string) =>
    all.find((each) => each.getAttribute("name")?.startsWith(`${name}.`) === true);
  const found = named(field) ?? inside(field);
  const part = found?.closest("fieldset[data-if]")?.querySelector("legend") ?? null;
  const own = found instanceof HTMLInputElement || found instanceof HTMLSelectElement ||
    found instanceof HTMLTextAreaElement ? (found.labels?.[0] ?? null) : null;
  const group = found?.closest("fieldset")?.querySelector("legend") ?? null;
  const text = (part ?? own ?? group)?.textContent ?? found?.getAttribute("aria-label") ?? "";
  return text.trim().replace(/\s+/g, " ");
}

/** Where the error of a field is told, if the form has such a place. */
function placeOf(form: HTMLFormElement, field: string | null): HTMLElement | null {
  const places = [...form.querySelectorAll<HTMLElement>("[data-error-of]")];
  const isIts = (name: string) => field === name || field?.startsWith(`${name}.`) === true;
  return places.find((each) => isIts(each.dataset["errorOf"] ?? "")) ?? null;
}

/** "Give a name." beside the field, which says what it is. */
function besideIt(form: HTMLFormElement, sentence: string, field: string | null): string {
  return inWordsOf(form, withoutField(sentence, field), null);
}

function showError(form: HTMLFormElement, sentence: string, field: string | null): void {
  for (const place of form.querySelectorAll<HTMLElement>("[data-error], [data-error-of]")) {
    place.textContent = "";
    place.hidden = true;
  }
  for (const each of form.elements) {
    each.removeAttribute("aria-invalid");
    if (field !== null && each.getAttribute("name") === field) {
      each.setAttribute("aria-invalid", "true");
    }
  }
  const own = placeOf(form, field);
  const place = own ?? form.querySelector<HTMLElement>("[data-error]");
  if (place !== null && sentence !== "") {
    place.textContent = own === null ? inWordsOf(form, sentence, field) : besideIt(form, sentence, field);
    place.hidden = false;
  }
  if (own !== null) {
    form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }
}

/** Sends a form; afterwards goes to `data-then` with the id of what was made, or loads anew. */
export async function sendForm(
  form: HTMLFormElement,
  button: HTMLElement | null,
  page: Page,
): Promise<void> {
  if (!mayBeSent(form, button, page)) {
    return;
  }
  showError(form, "", null);
  const buttons = [...form.querySelectorAll("button")].filter((each) => !each.disabled);
  const enable = () => buttons.forEach((each) => (each.disabled = false));
  try {
    const body = form.enctype === "multipart/form-data" ? new FormData(form) : bodyOf(form, button);
    buttons.forEach((each) => (each.disabled = true));
    const answer = await sendAny(form.dataset["api"] ?? "", form.dataset["method"] ?? "POST", body);
    afterwards(form, answer, page);
    if (form.dataset["sent"] !== undefined) {
      return; // whoever shows what became of it makes the buttons anew
    }
    if (staysHere(form)) {
      enable();
    } else {
      // Not before the page is left: a second press would send it again. A browser may bring the
      // page back as it was, and its buttons are then wanted.
      window.addEventListener("pagehide", enable, { once: true });
    }
  } catch (error) {
    enable();
    if (error instanceof EntryError || error instanceof HttpError) {
      showError(form, error.sentence, error.field);
    } else if (error instanceof NetworkError) {
      showError(form, error.message, null);
    } else {
      throw error;
    }
  }
}

function afterwards(form: HTMLFormElement, answer: unknown, page: Page): void {
  const made = (answer ?? {}) as Record<string, unknown>;
  const place = form.querySelector<HTMLElement>("[data-shown]");
  const then = form.dataset["then"];
  if (place !== null) {
    const code = place.querySelector("code");
    if (code !== null) {
      code.textContent = String(made[form.dataset["show"] ?? ""]);
    }
    place.hidden = false;
    form.reset();
  } else if (form.dataset["sent"] !== undefined) {
    form.dispatchEvent(new Event("sent", { bubbles: true }));
  } else if (then !== undefined) {
    page.go(then.replace("/0/", `/${String(made["id"])}/`));
  } else {
    noteSaved(form);
    page.reload();
  }
}
