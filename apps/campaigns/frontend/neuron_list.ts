/** Ids of neurons as people give them: typed, pasted from a table, or in a file. */

/** What was found in a list, and what of it is no id. */
export interface FoundIds {
  readonly ids: readonly string[];
  /** One sentence a line. */
  readonly wrong: readonly string[];
}

const LARGEST = 2n ** 64n - 1n;
const MOST_TOLD = 5;
export const LARGEST_FILE_BYTES = 5_000_000;

/** Why a text is no id; null where it may be one: the server decides. */
export function whyNoId(text: string): string | null {
  if (!/^\d{1,20}$/.test(text)) {
    return "is no neuron id: ids are whole numbers";
  }
  return BigInt(text) > LARGEST ? "is larger than ids can be (2^64 − 1)" : null;
}

/** The first columns of a table, between commas, semicolons, tabs or blanks. A first line of words,
    empty lines and those that begin with # are passed over. */
export function firstColumn(text: string, name: string): FoundIds {
  const ids: string[] = [];
  const wrong: string[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  let isFirst = true;
  lines.forEach((line, at) => {
    const cell = (line.trim().split(/[,;\s]/)[0] ?? "").replace(/^["']|["']$/g, "");
    if (line.trim() === "" || line.trim().startsWith("#")) {
      return;
    }
    const isHeading = isFirst && !/\d/.test(cell);
    isFirst = false;
    const why = isHeading ? null : whyNoId(cell);
    if (why !== null) {
      wrong.push(`${name}, line ${at + 1}: “${cell.slice(0, 30)}” ${why}.`);
    } else if (!isHeading) {
      ids.push(cell);
    }
  });
  return { ids, wrong: shortened(wrong) };
}

function shortened(sentences: readonly string[]): readonly string[] {
  const more = sentences.length - MOST_TOLD;
  return more <= 0 ? sentences : [...sentences.slice(0, MOST_TOLD), `And ${more} more lines.`];
}

/** Ids that stand in a field, each once, as the form sends them. */
export function idsIn(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((id) => id !== ""))];
}

/** "12 neurons"; and what of them is no id. */
export function toldOf(text: string): string {
  const given = text.split(/[\s,;]+/).filter((id) => id !== "");
  const ids = idsIn(text);
  const bad = ids.find((id) => whyNoId(id) !== null);
  if (bad !== undefined) {
    return `“${bad.slice(0, 30)}” ${whyNoId(bad) ?? ""}.`;
  }
  if (ids.length === 0) {
    return "";
  }
  const twice = given.length - ids.length;
  const count = `${ids.length.toLocaleString("en")} neuron${ids.length === 1 ? "" : "s"}`;
  return twice === 0 ? count : `${count}; ${twice} given twice`;
}

/** Whether a pasted text is a table, of which the first column is wanted. */
export function isTable(text: string): boolean {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  return lines.length > 1 && lines.every((line) => /[,;\t]\s*\S/.test(line.trim()));
}

/** What stood there, then what is new. */
export function joined(text: string, ids: readonly string[]): string {
  return [...new Set([...idsIn(text), ...ids])].join("\n");
}

/** Lets a part of the form take a pasted table and a file, and says what it holds. */
export function readNeurons(part: HTMLElement): void {
  const field = part.querySelector<HTMLTextAreaElement>("[data-neuron-ids]");
  const file = part.querySelector<HTMLInputElement>("[data-neurons-file]");
  const told = part.querySelector<HTMLElement>("[data-neurons-told]");
  const wrong = part.querySelector<HTMLElement>("[data-neurons-wrong]");
  if (field === null || told === null || wrong === null) {
    return;
  }
  const tell = () => (told.textContent = toldOf(field.value));
  const take = (found: FoundIds) => {
    field.value = joined(field.value, found.ids);
    field.dispatchEvent(new Event("change", { bubbles: true }));
    wrong.replaceChildren(...found.wrong.map(paragraph));
    tell();
  };
  field.addEventListener("input", tell);
  field.addEventListener("change", tell);
  field.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (isTable(text)) {
      event.preventDefault();
      take(firstColumn(text, "What you pasted"));
    }
  });
  file?.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    if (chosen !== undefined) {
      void readFile(chosen).then(take);
      file.value = ""; // the same file can be chosen again
    }
  });
  tell();
}

async function readFile(file: File): Promise<FoundIds> {
  if (file.size > LARGEST_FILE_BYTES) {
    return { ids: [], wrong: [`${file.name} is larger than 5 MB, too large for a list of neurons.`] };
  }
  try {
    const found = firstColumn(await file.text(), file.name);
    const isEmpty = found.ids.length === 0 && found.wrong.length === 0;
    return isEmpty ? { ids: [], wrong: [`${file.name} has no ids.`] } : found;
  } catch (error) {
    if (error instanceof DOMException) {
      return { ids: [], wrong: [`${file.name} cannot be read: ${error.message}`] };
    }
    throw error;
  }
}

function paragraph(sentence: string): HTMLElement {
  const line = document.createElement("p");
  line.textContent = sentence;
  return line;
}
