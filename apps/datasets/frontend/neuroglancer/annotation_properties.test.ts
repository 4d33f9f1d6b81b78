import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { withPlainProperties } from "./annotation_properties";

interface Serializer {
  serialize(view: DataView, at: number, index: number, count: number, little: boolean, values: number[]): void;
  deserialize(view: DataView, at: number, index: number, count: number, little: boolean, values: number[]): void;
}

const SOURCE = readFileSync("node_modules/neuroglancer/lib/annotation/index.js", "utf-8");
const TYPES = ["float32", "uint8", "rgb", "uint16", "int8", "rgba", "int32", "uint32", "int16"];
const VALUES = [0.5, 200, 0x123456, 60_000, -7, 0x89abcdef, -70_000, 4_000_000_000, -300];

/** The class alone that knows where properties lie, of the module as it is or as it is changed. */
function serializer(code: string): Serializer {
  const part = (start: string, end: string) => code.slice(code.indexOf(start), code.indexOf(end));
  const handlers = part("export const annotationPropertyTypeHandlers", "const MAX_BUFFER_STRIDE");
  const rest = part("const MAX_BUFFER_STRIDE", "export class AnnotationPropertySerializer");
  const own = /export class AnnotationPropertySerializer \{[\s\S]*?\n\}/.exec(code)?.[0] ?? "";
  const body = `${handlers}${rest}${own}`.replaceAll("export ", "");
  const make = `return new AnnotationPropertySerializer(3, 24, types.map((type) => ({ type })));`;
  return new Function("types", `${body}\n${make}`)(TYPES) as Serializer;
}

it("reads and writes what Neuroglancer's own functions do", () => {
  const [own, plain] = [serializer(SOURCE), serializer(withPlainProperties(SOURCE))];
  for (const little of [true, false]) {
    const buffers = [own, plain].map((one) => {
      const view = new DataView(new ArrayBuffer(400));
      [0, 1, 2].forEach((index) => one.serialize(view, 8, index, 3, little, VALUES.map((value) => value)));
      return view;
    });
    const [first, second] = buffers as [DataView, DataView];
    expect(new Uint8Array(second.buffer)).toEqual(new Uint8Array(first.buffer));
    const [told, toldPlainly]: [number[], number[]] = [[], []];
    own.deserialize(first, 8, 2, 3, little, told);
    plain.deserialize(first, 8, 2, 3, little, toldPlainly);
    expect(toldPlainly).toEqual(told);
  }
});

it("makes no code while the page runs", () => {
  expect(withPlainProperties(SOURCE)).not.toContain("new Function");
  expect(() => withPlainProperties("export const x = 1;")).toThrow("in other words");
});
