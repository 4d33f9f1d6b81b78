/** Properties of annotations are read without code that is made while the page runs, which its policy
 * forbids. */

import type { Plugin } from "vite";

/** What Neuroglancer makes functions of: a text of statements for each kind of property. */
const MADE = /this\.serialize = new Function\([\s\S]*?serializeCode\s*\);\s*this\.deserialize = new Function\([\s\S]*?deserializeCode\s*\);/;

/** The same as plain code: where each property lies, and which method reads and writes it. */
const PLAIN = `
    const names = { float32: "Float32", uint32: "Uint32", int32: "Int32", uint16: "Uint16", int16: "Int16",
      uint8: "Uint8", int8: "Int8", rgba: "Uint32" };
    const accessed = (access) => (dv, offset, annotationIndex, annotationCount, isLittleEndian, properties) => {
      let start = offset;
      const starts = propertyGroupBytes.map((bytes) => {
        const own = start + bytes * annotationIndex;
        start += bytes * annotationCount;
        return own;
      });
      for (let i = 0; i < propertySpecs.length; ++i) {
        const { type } = propertySpecs[i];
        access(dv, starts[offsets[i].group] + offsets[i].offset, type, type === "rgba" || isLittleEndian, properties, i);
      }
    };
    this.serialize = accessed((dv, at, type, isLittleEndian, properties, i) => {
      if (type === "rgb") {
        dv.setUint16(at, properties[i], true);
        dv.setUint8(at + 2, properties[i] >>> 16);
      } else {
        dv["set" + names[type]](at, properties[i], isLittleEndian);
      }
    });
    this.deserialize = accessed((dv, at, type, isLittleEndian, properties, i) => {
      properties[i] =
        type === "rgb"
          ? dv.getUint16(at, true) | (dv.getUint8(at + 2) << 16)
          : dv["get" + names[type]](at, isLittleEndian);
    });`;

/** Throws where Neuroglancer has other words than these. */
export function withPlainProperties(code: string): string {
  if (!MADE.test(code)) {
    throw new Error("Neuroglancer says in other words than before how it reads properties of annotations.");
  }
  return code.replace(MADE, () => PLAIN);
}

export function readPropertiesPlainly(): Plugin {
  return {
    name: "neuroglancer-plain-properties",
    transform: {
      filter: { id: /\/neuroglancer\/lib\/annotation\/index\.js/ },
      handler: withPlainProperties,
    },
  };
}
