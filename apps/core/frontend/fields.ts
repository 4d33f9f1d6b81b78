/** Strict reading of JSON that came from the server, a field at a time: it is what it should be, or
 * a FieldError names it. */

import { flag, list, number, recordOf, text, word } from "./readers";

export type Fields = Readonly<Record<string, unknown>>;

const numbers = list(number);

export function fieldsOf(value: unknown, name: string): Fields {
  return recordOf(value, name);
}

export function objectField(source: Fields, name: string): Fields {
  return recordOf(source[name], name);
}

export function textField(source: Fields, name: string): string {
  return text(source[name], name);
}

export function numberField(source: Fields, name: string): number {
  return number(source[name], name);
}

export function flagField(source: Fields, name: string): boolean {
  return flag(source[name], name);
}

export function listField(source: Fields, name: string): readonly unknown[] {
  return list((each) => each)(source[name], name);
}

export function numbersField(source: Fields, name: string): readonly number[] {
  return numbers(source[name], name);
}

/** One of the given words. */
export function wordField<T extends string>(source: Fields, name: string, words: readonly T[]): T {
  return word(...words)(source[name], name);
}
