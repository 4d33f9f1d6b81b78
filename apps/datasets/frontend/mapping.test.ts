import { describe, expect, it } from "vitest";

import { asPoint, columnsOf, fitting, pointColumns } from "./mapping";
import type { FoundTable } from "./plan_contract";

const COLUMNS = ["n", "cx", "cy", "cz", "pos_x", "pos_y", "pos_z", "score"];

describe("which column holds what", () => {
  it("keeps what the table has, and forgets what another table had", () => {
    const said = { center: ["x", "y", "z"], pre_pt: ["cx", "cy", "pz"], id: "row", score: "score", no_neuron: -1 };
    expect(fitting(said, COLUMNS)).toEqual({ pre_pt: ["cx", "cy", ""], score: "score", no_neuron: -1 });
  });

  it("forgets nothing of a table of which nothing is known", () => {
    expect(fitting({ id: "row" }, [])).toEqual({ id: "row" });
  });

  it("knows the three columns that one name stands before", () => {
    expect(pointColumns("pos", COLUMNS)).toEqual(["pos_x", "pos_y", "pos_z"]);
    expect(fitting({ center: "pos" }, COLUMNS)).toEqual({ center: "pos" });
  });

  it("leaves each choice of a point in its place", () => {
    expect(asPoint(["", "cy", ""])).toEqual(["", "cy", ""]);
    expect(asPoint(["cx", "", ""])).toBe("cx");
    expect(asPoint(["", "", ""])).toBe("");
  });

  it("offers the columns of a wide table that are used, though it tells its first ones alone", () => {
    const found = { columns: ["a", "b"], mapping: { center: ["a", "b", "far"], no_neuron: 0 } };
    expect(columnsOf(found as unknown as FoundTable)).toEqual(["a", "b", "far"]);
  });
});
