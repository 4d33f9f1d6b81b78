import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { GridController } from "../grid_controller";
import { OverlayPreferences } from "../preferences";
import { FakeTransport, keepAll, pageFrame, slicesFrame } from "../testing";
import { drawingIn } from "../testing_view";
import { GridView } from "./grid_view";

const VIEW = { state: {}, address: "about:blank", problems: [] as object[] };
let root: HTMLElement;
let asked: string[];
let answer: () => Response;
drawingIn((element) => (root = element));

beforeEach(() => {
  asked = [];
  answer = () => Response.json(VIEW);
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return answer();
  });
});

async function opened() {
  const transport = new FakeTransport({
    "/lease": () => [pageFrame([11, 12]), slicesFrame("middle", 11), slicesFrame("middle", 12)],
    "/stacks": () => [slicesFrame("rest", 11), slicesFrame("rest", 12)],
    "/verdicts": keepAll,
  });
  const overlay = new OverlayPreferences({ getItem: () => null, setItem: () => undefined });
  const urls = { lease: "/lease", login: "/login", campaigns: "/", mine: "/mine" };
  const grid = new GridController(urls, transport, overlay, () => undefined);
  const campaign = { name: "P", pageSize: 2, instructions: "", mineUrl: "/mine", openPagesCap: 1 };
  await act(() => render(<GridView controller={grid} campaign={campaign} />, root));
  await act(() => grid.openPage());
  await until(() => expect(document.activeElement).toBe(face(0)));
  return grid;
}

const until = (check: () => void) => vi.waitFor(check, { interval: 5 });
const face = (index: number) => root.querySelectorAll<HTMLElement>(".tile__face")[index];
const dialog = () => root.querySelector<HTMLDialogElement>(".viewer");
const press = (key: string) =>
  act(() => void document.activeElement?.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
  ));
const click = (words: string) =>
  act(() => {
    const found = [...root.querySelectorAll<HTMLElement>(".viewer button")];
    found.find(({ textContent }) => textContent?.startsWith(words))?.click();
  });

describe("the viewer", () => {
  it("opens the outlined synapse with a key and gives the focus back; labels stay", async () => {
    const grid = await opened();
    await press("ArrowRight");
    await press("2");
    await press("n");
    await until(() => expect(root.querySelector("iframe")?.getAttribute("src")).toBe(VIEW.address));
    expect(dialog()?.open).toBe(true);
    expect(asked).toEqual(["/neuroglancer?item=12"]);
    (document.activeElement as HTMLElement | null)?.blur();
    await act(() => void document.body.dispatchEvent(
      new KeyboardEvent("keydown", { key: "3", bubbles: true, cancelable: true }),
    )); // what lies beneath does not hear it
    await click("Close");
    await until(() => expect(dialog()?.open).toBe(false));
    expect(root.querySelector("iframe")).toBeNull();
    await until(() => expect(document.activeElement).toBe(face(1)));
    expect(grid.session.value?.tiles.map((tile) => tile.label.value)).toEqual([
      "correct",
      "incorrect",
    ]);
  });

  it("opens the synapse whose button is clicked, which gets the outline", async () => {
    const grid = await opened();
    await act(() => root.querySelectorAll<HTMLElement>(".tile__viewer")[1]?.click());
    await until(() => expect(asked).toEqual(["/neuroglancer?item=12"]));
    expect(grid.focused.value).toBe(1);
    expect(grid.session.value?.tiles[1]?.label.value).toBe("correct");
  });

  it("says what is not to be seen, and shows the rest", async () => {
    const problems = [{ layer: "clefts", sentence: "The synapse lies outside the clefts." }];
    answer = () => Response.json({ ...VIEW, problems });
    await opened();
    await press("n");
    await until(() => expect(root.querySelector("iframe")).not.toBeNull());
    expect(root.querySelector(".viewer [role=alert]")?.textContent).toContain("outside the clefts");
  });

  it("says why it cannot be opened, and tries again", async () => {
    const error = { code: "not_found", sentence: "There is no such lease of yours.", field: null };
    answer = () => Response.json({ error }, { status: 404 });
    await opened();
    await press("n");
    const alert = () => root.querySelector(".viewer [role=alert]")?.textContent;
    await until(() => expect(alert()).toContain("no such lease"));
    answer = () => Response.json({ error: { ...error, code: "login_needed" } }, { status: 401 });
    await click("Try again");
    await until(() => expect(alert()).toContain("no longer logged in"));
    answer = () => Response.json({ ...VIEW, address: 3 });
    await click("Try again");
    await until(() => expect(alert()).toContain('"view.address"'));
    answer = () => Response.json(VIEW);
    await click("Try again");
    await until(() => expect(root.querySelector("iframe")).not.toBeNull());
    expect(alert()).toBeUndefined();
  });
});
