import { expect, it } from "vitest";

import { HttpError } from "../../core/frontend/http";
import { FieldError } from "../../core/frontend/readers";
import { addedName, plainSentence } from "./plain";

const said = (sentence: string, field: string | null) =>
  plainSentence(new HttpError(400, "invalid_input", sentence, field));

it("What the server refuses is told without the names of its fields", () => {
  expect(said("position: (1, 2, 3) lies outside of the image.", "position")).toBe(
    "The place (1, 2, 3) lies outside of the image.",
  );
  expect(said("z1: 9 is more than 512 slices from the position.", "z1")).toMatch(/^Z1: 9 is more/);
  expect(said("method: this server lacks it.", "method")).toBe("This server lacks it.");
  expect(said("key: 1b9d6bcd was used for another point or instance.", "key")).not.toContain("1b9d");
  expect(said("Ada moved it.", null)).toBe("Ada moved it.");
});

it("What cannot be read is told without what it was", () => {
  expect(plainSentence(new FieldError('The field "answer.kept" should be a list.'))).not.toContain("kept");
  expect(plainSentence(new Error("The server cannot be reached."))).toBe("The server cannot be reached.");
});

it("What was added is counted from 1", () => expect(addedName("0")).toBe("Added synapse 1"));
