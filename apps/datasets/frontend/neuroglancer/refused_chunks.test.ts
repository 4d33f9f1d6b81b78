import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { withRefusedChunks } from "./refused_chunks";

const SOURCE = "node_modules/neuroglancer/lib/util/http_request.js";

/** What the changed module takes for not there; of it, this function alone. */
function isNotThere(status: number, url: string): boolean {
  const code = withRefusedChunks(readFileSync(SOURCE, "utf-8"));
  const body = /export function isNotFoundError\(e\) \{([\s\S]*?)\n\}/.exec(code)?.[1] ?? "";
  const error = Object.assign(Object.create(null) as object, { status, url });
  const HttpError = { [Symbol.hasInstance]: () => true };
  return new Function("e", "HttpError", body)(error, HttpError) as boolean;
}

it("takes a chunk that is refused, or whose server is away, for an error", () => {
  for (const url of [
    "https://host/v/8_8_40/0-64_64-128_-16-0",
    "https://host/storage/v1/b/bucket/o/v%2F8_8_40%2F0-64_64-128_0-16?alt=media",
    "https://host/v/8_8_40/0a.shard",
  ]) {
    expect([404, 403, 0].map((status) => isNotThere(status, url))).toEqual([true, false, false]);
  }
});

it("leaves all else as it is", () => {
  for (const url of ["https://host/v/info", "https://host/v/mesh/7:0", "https://host/v/segment_properties/info"]) {
    expect([404, 403, 0, 500].map((status) => isNotThere(status, url))).toEqual([true, true, true, false]);
  }
});

it("refuses a Neuroglancer that it does not know", () => {
  expect(() => withRefusedChunks("return false;")).toThrow("other words");
});
