/** Sentences of the server for people: it begins them with the name that programs have for the field
    ("passes: give between 1 and 15."), which says nothing to whoever sees its label. */

const NAMED = /^[a-z][a-z0-9_.]*: /;
const LATER = /(?<=[.!?] )([a-z][a-z0-9_.]*): /g;
/** A name of a file or an address stays as it is. */
const NAME = /^\S*[._/]\S/;

function capitalised(sentence: string): string {
  return NAME.test(sentence) ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** Without the name of the field; any such name where it is not known which. */
export function withoutField(sentence: string, field?: string | null): string {
  if (field === undefined) {
    return capitalised(sentence.replace(NAMED, ""));
  }
  const prefix = `${field ?? ""}: `;
  return field !== null && sentence.startsWith(prefix)
    ? capitalised(sentence.slice(prefix.length))
    : sentence;
}

/** With what the page calls the fields in place of their names; `labelOf` gives "" for a field of
    which the page has no word. The server says all that is wrong, a sentence after the other. */
export function withLabels(
  sentence: string,
  field: string | null,
  labelOf: (field: string) => string,
): string {
  const label = field === null ? "" : labelOf(field);
  const isNamed = label !== "" && sentence.startsWith(`${field}: `);
  const told = isNamed ? `${label}${sentence.slice((field ?? "").length)}` : withoutField(sentence, field);
  return told.replace(LATER, (all, name: string) => (labelOf(name) === "" ? all : `${labelOf(name)}: `));
}
