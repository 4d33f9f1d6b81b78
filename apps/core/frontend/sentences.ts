/** Sentences of the server for people: it begins them with the name that programs have for the field
    ("passes: give between 1 and 15."), which says nothing to whoever sees its label. */

const NAMED = /^[a-z][a-z0-9_.]*: /;
const LATER = /(?<=[.!?] )([a-z][a-z0-9_.]*): /g;
/** What may be a field of which no page has a word; "own.csv" may be a file. */
const FIELD = /^[a-z][a-z0-9_]*(\.\d+)*$/;
/** A name of a file or an address stays as it is. */
const NAME = /^\S*[._/]\S/;

function capitalised(sentence: string): string {
  return NAME.test(sentence) ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** Without the name of the field, for beside it; any such name where it is not known which. */
export function withoutField(sentence: string, field?: string | null): string {
  if (field === undefined) {
    return capitalised(sentence.replace(NAMED, ""));
  }
  const prefix = `${field ?? ""}: `;
  return field !== null && sentence.startsWith(prefix)
    ? capitalised(sentence.slice(prefix.length))
    : sentence;
}

/** With what the page calls the fields in place of their names, or the names as words where `labelOf`
    gives "". The server says all that is wrong, a sentence after the other. */
export function withLabels(
  sentence: string,
  field: string | null,
  labelOf: (field: string) => string = () => "",
): string {
  const isNamed = field !== null && sentence.startsWith(`${field}: `);
  const told = isNamed ? `${labelOf(field) || wordsOf(field)}${sentence.slice(field.length)}` : sentence;
  return told.replace(LATER, (all, name: string) => {
    const words = labelOf(name) || (FIELD.test(name) ? wordsOf(name) : "");
    return words === "" ? all : `${words}: `;
  });
}

/** "Reference table" of "reference_table". */
function wordsOf(field: string): string {
  const words = field.replace(/[._]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
