/** Strict reading of JSON that came from the server: the field is what it should be, or an error. */

export class FieldError extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

function wrong(name: string, wanted: string, value: unknown): FieldError {
  return new FieldError(`The field "${name}" should be ${wanted}, but is ${JSON.stringify(value)}.`);
}

export function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(name, "an object", value);
  }
  return value as Fields;
}

export function objectField(source: Fields, name: string): Fields {
  return fieldsOf(source[name], name);
}

export function textField(source: Fields, name: string): string {
  const value = source[name];
  if (typeof value !== "string") {
    throw wrong(name, "a text", value);
  }
  return value;
}

export function numberField(source: Fields, name: string): number {
  const value = source[name];
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw wrong(name, "a number", value);
  }
  return value;
}

export function flagField(source: Fields, name: string): boolean {
  const value = source[name];
  if (typeof value !== "boolean") {
    throw wrong(name, "true or false", value);
  }
  return value;
}

export function listField(source: Fields, name: string): readonly unknown[] {
  const value = source[name];
  if (!Array.isArray(value)) {
    throw wrong(name, "a list", value);
  }
  return value;
}

export function numbersField(source: Fields, name: string): readonly number[] {
  return listField(source, name).map((value) => {
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw wrong(name, "a list of numbers", source[name]);
    }
    return value;
  });
}

/** One of the given words. */
export function wordField<T extends string>(source: Fields, name: string, words: readonly T[]): T {
  const value = source[name];
  const found = words.find((word) => word === value);
  if (found === undefined) {
    throw wrong(name, `one of ${words.join(", ")}`, value);
  }
  return found;
}
