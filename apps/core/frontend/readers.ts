/**
 * Strict reading of nested JSON that came from the server, by a description of it.
 *
 * `const point = object({ x: number, note: nullable(text) })` reads one, or throws a FieldError
 * that names the field; `Read<typeof point>` is its type.
 */

/** A field is not what it should be. */
export class FieldError extends Error {}

/** Checks a value; `name` is where it was found. */
export type Reader<Value> = (value: unknown, name: string) => Value;

/** What a reader gives. */
export type Read<R> = R extends Reader<infer Value> ? Value : never;

function wrong(name: string, wanted: string, value: unknown): FieldError {
  const said = JSON.stringify(value) ?? "nothing";
  return new FieldError(`The field "${name}" should be ${wanted}, but is ${said.slice(0, 80)}.`);
}

export const number: Reader<number> = (value, name) => {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw wrong(name, "a number", value);
  }
  return value;
};

export const text: Reader<string> = (value, name) => {
  if (typeof value !== "string") {
    throw wrong(name, "a text", value);
  }
  return value;
};

export const flag: Reader<boolean> = (value, name) => {
  if (typeof value !== "boolean") {
    throw wrong(name, "true or false", value);
  }
  return value;
};

/** One of the given words. */
export function word<const Word extends string>(...words: readonly Word[]): Reader<Word> {
  return (value, name) => {
    const found = words.find((each) => each === value);
    if (found === undefined) {
      throw wrong(name, `one of ${words.join(", ")}`, value);
    }
    return found;
  };
}

export function nullable<Value>(reader: Reader<Value>): Reader<Value | null> {
  return (value, name) => (value === null ? null : reader(value, name));
}

export function list<Value>(reader: Reader<Value>): Reader<readonly Value[]> {
  return (value, name) => {
    if (!Array.isArray(value)) {
      throw wrong(name, "a list", value);
    }
    return value.map((each, index) => reader(each, `${name}.${index}`));
  };
}

export function pair<First, Second>(
  first: Reader<First>,
  second: Reader<Second>,
): Reader<readonly [First, Second]> {
  return (value, name) => {
    if (!Array.isArray(value) || value.length !== 2) {
      throw wrong(name, "a pair", value);
    }
    return [first(value[0], `${name}.0`), second(value[1], `${name}.1`)];
  };
}

/** Fields that are not described are left out. */
export function object<const Fields extends Readonly<Record<string, Reader<unknown>>>>(
  fields: Fields,
): Reader<{ readonly [Name in keyof Fields]: Read<Fields[Name]> }> {
  return (value, name) => {
    const source = recordOf(value, name);
    const read = Object.entries(fields).map(([key, reader]) => [
      key,
      reader(source[key], `${name}.${key}`),
    ]);
    return Object.fromEntries(read) as { readonly [Name in keyof Fields]: Read<Fields[Name]> };
  };
}

/** An object with values of one kind under any names. */
export function record<Value>(reader: Reader<Value>): Reader<Readonly<Record<string, Value>>> {
  return (value, name) => {
    const entries = Object.entries(recordOf(value, name));
    return Object.fromEntries(entries.map(([key, each]) => [key, reader(each, `${name}.${key}`)]));
  };
}

export function recordOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(name, "an object", value);
  }
  return value as Readonly<Record<string, unknown>>;
}
