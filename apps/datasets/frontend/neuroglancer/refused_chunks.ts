/** Chunks that a server refuses are told; Neuroglancer takes them for such as are not stored. */

import type { Plugin } from "vite";

/** What Neuroglancer takes for a file that is not there, and leaves empty without a word. */
const NOT_THERE = "return e.status === 0 || e.status === 403 || e.status === 404;";
/** The address of a chunk or of a shard of chunks, also with its slashes encoded. */
const CHUNK = String.raw`/(?:\/|%2F)(?:-?\d+--?\d+_-?\d+--?\d+_-?\d+--?\d+|[0-9a-f]+\.shard)(?:[?#]|$)/i`;

/** Of chunks only a 404 means so: one that is refused (403), or whose server cannot be reached, is an
 * error, which is counted and told. Throws where Neuroglancer has other words than these. */
export function withRefusedChunks(code: string): string {
  if (!code.includes(NOT_THERE)) {
    throw new Error("Neuroglancer says in other words than before what it takes for not there.");
  }
  return code.replace(
    NOT_THERE,
    `return e.status === 404 || ((e.status === 0 || e.status === 403) && !${CHUNK}.test(e.url));`,
  );
}

export function tellRefusedChunks(): Plugin {
  return {
    name: "neuroglancer-refused-chunks",
    transform: {
      filter: { id: /\/neuroglancer\/lib\/util\/http_request\.js/ },
      handler: withRefusedChunks,
    },
  };
}
