import { render } from "preact";
import { act } from "preact/test-utils";
import { describe, expect, it, vi } from "vitest";

import { frameOf } from "../../../core/frontend/testing";
import { pageFrame, slicesFrame, slicesHeader, unreadableFrame } from "../testing";
import { gridOf, NONE, tileOf } from "../testing_grid";
import { drawingIn } from "../testing_view";
import { GridView } from "../view/grid_view";

let root: HTMLElement;
drawingIn((element) => (root = element));

const NO_MASK = "There is no mask: the cleft volume has no label here.";

/** A tile that cannot be shown, one without a mask, and one as usual. */
const PAGE = [
  pageFrame([11, 12, 13]),
  unreadableFrame(11, 1000),
  frameOf({ ...slicesHeader("middle", 12), remarks: [{ kind: "no mask", sentence: NO_MASK }] }, "JPGPN"),
  slicesFrame("middle", 13),
];

async function opened() {
  const leases = [PAGE];
  const all = gridOf({
    "/lease": () => leases.shift() ?? [frameOf(NONE)],
    "/tiles": () => [unreadableFrame(11, 1000)],
  });
  const campaign = { name: "Pilot", pageSize: 3, instructions: "", mineUrl: "", openPagesCap: 1 };
  await act(() => render(<GridView controller={all.grid} campaign={campaign} />, root));
  await act(() => all.grid.openPage());
  return all;
}

function tile(index: number): Element {
  return root.querySelectorAll(".tile")[index] as Element;
}

function button(index: number): HTMLButtonElement | undefined {
  const all = [...tile(index).querySelectorAll<HTMLButtonElement>(".button")];
  return all.find((each) => each.textContent === "Cannot be judged");
}

const UNSEEN = { label: "unsure", categories: ["cannotJudge"], note: "" };

describe("What cannot be judged", () => {
  it("is said by the button of a tile that cannot be shown, and taken back", async () => {
    const { grid } = await opened();
    expect(tile(0).textContent).toContain("The image volume does not answer.");
    await act(() => button(0)?.click());
    expect(tileOf(grid, 0).said.value).toEqual(UNSEEN);
    expect(button(0)?.getAttribute("aria-pressed")).toBe("true");
    expect(tile(0).querySelector(".tile__face")?.getAttribute("aria-label")).toContain(
      "unsure (Cannot be judged), cannot be judged until it can be shown. The image volume",
    );
    await act(() => grid.judging.undo());
    expect(tileOf(grid, 0).said.value.label).toBe("correct");
  });

  it("is said by a key, and leaves nothing unseen", async () => {
    const { grid } = await opened();
    await act(() => grid.act({ do: "cannot-judge" }));
    expect(tileOf(grid, 0).said.value).toEqual(UNSEEN);
    expect(grid.session.value?.unseen()).toEqual([]);
  });

  it("is offered where there is no mask, with the reason, and not elsewhere", async () => {
    await opened();
    expect(tile(1).querySelector(".tile__remark")?.textContent).toContain("No mask here");
    expect(tile(1).querySelector(".tile__face")?.getAttribute("aria-label")).toContain(NO_MASK);
    expect(button(1)).toBeDefined();
    expect(button(2)).toBeUndefined();
  });

  it("is what goes in of tiles that nobody has seen, and that is said before", async () => {
    const { grid, transport } = await opened();
    await act(() => grid.submit());
    expect(grid.notice.value?.sentence).toContain("would go in as unsure (Cannot be judged)");
    await act(async () => grid.notice.value?.button?.run());
    await vi.waitFor(() => expect(transport.askedOf("/submit")).toHaveLength(1));
    const sent = transport.askedOf("/submit")[0]?.body as { verdicts: object[] };
    expect(sent.verdicts).toMatchObject([{ item: 11, ...UNSEEN }]);
  });

  it("is not said of what is fixed", async () => {
    const { grid } = await opened();
    tileOf(grid, 0).locked.value = "An expert has decided it.";
    await act(() => grid.act({ do: "cannot-judge" }));
    expect(tileOf(grid, 0).judged.value).toBe(false);
  });

  it("keeps the note, and is taken back by what said it", async () => {
    const { grid } = await opened();
    const session = grid.session.value!;
    session.judge(tileOf(grid, 1), { label: "incorrect", categories: ["merge"], note: "torn" });
    await act(() => grid.judging.cannotJudge(tileOf(grid, 1)));
    expect(tileOf(grid, 1).said.value).toEqual({ ...UNSEEN, note: "torn" });
    expect(button(1)?.getAttribute("aria-pressed")).toBe("true");
    await act(() => button(1)?.click());
    expect(tileOf(grid, 1).said.value).toEqual({ label: "unsure", categories: [], note: "torn" });
    expect(button(1)?.getAttribute("aria-pressed")).toBe("false");
  });
});
