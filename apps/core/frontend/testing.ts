/** Helpers of tests: frames as the server writes them. */

import type { Frame } from "./frames";

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

export function frameOf(header: unknown, payload = ""): Frame {
  return { header, payload: bytesOf(payload) };
}

export function encodeFrame(header: unknown, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const text = bytesOf(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + payload.length);
  const lengths = new DataView(bytes.buffer);
  lengths.setUint32(0, text.length, true);
  lengths.setUint32(4, payload.length, true);
  bytes.set(text, 8);
  bytes.set(payload, 8 + text.length);
  return bytes;
}

export function joinBytes(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
