import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../core/frontend/http";
import { frameOf } from "../../core/frontend/testing";
import { notice } from "../../proofreading/frontend/notices";
import { OverlayPreferences } from "../../proofreading/frontend/preferences";
import { REVISE_COMMANDS } from "./commands";
import { SliceMask } from "./drawing/slice_mask";
import { pressOnRevise } from "./key_deeds";
import { ReviseController } from "./revise_controller";
import { easelOf, ORIGINAL_RUNS, revisedOf } from "./testing";
import { ReviseBar } from "./view/bar";
import { ClashBar } from "./view/clash_bar";
import { FinishDialog } from "./view/finish_dialog";
import { HelpDialog } from "./view/help_dialog";

const LEFT = { waiting: null, held: null, done: null, some_wait: true };

let requests: [string, unknown][];
let answers: Record<string, (body: unknown) => unknown>;
let revise: ReviseController;

function storageOf() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

beforeEach(() => {
  requests = [];
  const runs = Object.fromEntries([...ORIGINAL_RUNS].map(([z, each]) => [String(z), each]));
  const original = frameOf({ part: "original", remarks: [], runs });
  answers = {
    "/lease": () => ({ revision: revisedOf(), why: null, sentence: "", left: LEFT }),
    "/r/easel": () => easelOf(),
    "/r/slices": (body) => ({ kept: keptOf(body) }),
  };
  const transport = {
    postJson: async (url: string, body: unknown) => {
      requests.push([url, body]);
      return answers[url]!(body);
    },
    getJson: async (url: string) => answers[url]!(null),
    getFrames: async function* () {
      yield original;
    },
    postFrames: async function* () {
      yield original;
    },
  };
  const outbox = { put: async () => {}, remove: async () => {}, of: async () => [] };
  const storage = storageOf();
  revise = new ReviseController(
    { lease: "/lease", login: "/login" },
    transport,
    storage,
    { outbox, person: "1", personName: "anna", tab: "a" },
    new OverlayPreferences(storage),
  );
});

afterEach(() => {
  revise.session.value?.stop();
  vi.useRealTimers();
});

const keptOf = (body: unknown) =>
  (body as { slices: { z: number; key: string }[] }).slices.map((one) => ({ ...one, number: 1 }));
const press = (key: string, more: KeyboardEventInit = {}) =>
  pressOnRevise(new KeyboardEvent("keydown", { key, ...more }), revise);
const session = () => revise.session.value!;

it("What is held is opened, drawn on by keys, saved, and finished; the next one follows", async () => {
  await revise.open();
  expect(session().book.slice.value.z).toBe(11);
  expect(press("Delete")).toBe(true);
  expect(press("c")).toBe(true);
  expect(session().book.slice.value.z).toBe(12);
  expect(session().unsentCount.value).toBe(2);
  expect(press("z", { ctrlKey: true })).toBe(true);
  answers["/r/finish"] = () => ({ finished: true });
  const none = { revision: null, why: "none_left", sentence: "All mended.", left: LEFT };
  answers["/lease"] = () => none;
  expect(await revise.finish("mended", "drawn anew")).toBe(true);
  expect(requests.map(([url]) => url)).toEqual(["/lease", "/r/slices", "/r/finish", "/lease"]);
  expect(requests[2]?.[1]).toEqual({ decision: "mended", note: "drawn anew" });
  expect([revise.session.value, revise.none.value?.sentence]).toEqual([null, "All mended."]);
  expect(press("e")).toBe(false);
});

it("Nothing is finished while something is not saved", async () => {
  await revise.open();
  press("Delete");
  answers["/r/slices"] = () => {
    throw new HttpError(500, "error", "Out of order.");
  };
  expect(await revise.finish("mended", "")).toBe(false);
  expect(revise.notice.value?.sentence).toContain("has not reached the server yet");
  expect(requests.some(([url]) => url === "/r/finish")).toBe(false);
});

it("The window gives its own reason, whatever was told before; the reason goes when all is saved", async () => {
  await revise.open();
  revise.tellGood("One slice that you drew before is saved now.");
  expect(revise.notice.value?.isGood).toBe(true);
  press("Delete");
  answers["/r/slices"] = () => {
    throw new NetworkError("The server cannot be reached.");
  };
  press("f");
  const root = document.body.appendChild(document.createElement("div"));
  await act(() => render(<FinishDialog revise={revise} onClosed={() => undefined} />, root));
  const said = () => root.querySelector("[role=alert]")?.textContent ?? "";
  const finish = () => act(() => root.querySelector<HTMLButtonElement>("[type=submit]")!.click());
  await finish();
  if (said() !== "") {
    await finish(); // the mask is empty: all the same
  }
  await vi.waitFor(() => expect(said()).toContain("has not reached the server yet"));
  expect(revise.notice.value?.sentence).toContain("has not reached the server yet");
  revise.windows.finish.close();
  revise.notice.value = notice("Of something older.", "Close", () => undefined);
  press("u");
  await vi.waitFor(() => expect(revise.notice.value?.sentence).toContain("has not reached"));
  answers["/r/slices"] = (body) => ({ kept: keptOf(body) });
  await revise.save();
  expect([revise.notice.value, revise.refusal.value]).toEqual([null, null]);
  render(null, root);
  root.remove();
});

it("A success goes by itself, and leaves newer notices alone", async () => {
  vi.useFakeTimers();
  revise.tellGood("One slice that you drew before is saved now.");
  await vi.advanceTimersByTimeAsync(8000);
  expect(revise.notice.value).toBeNull();
  revise.tellGood("Two slices that you drew before are saved now.");
  const newer = notice("Out of order.", "Close", () => undefined);
  revise.notice.value = newer;
  await vi.advanceTimersByTimeAsync(8000);
  expect(revise.notice.value).toBe(newer);
});

it("One's own other tab is named alike above, in the window and below", async () => {
  await revise.open();
  const slice = session().book.slice.value;
  const changed = { z: 11, number: 4, by: "anna", at: null, runs: [16] };
  slice.clashWith(changed);
  press("f");
  const facts = { campaign: "C", campaignUrl: "/c", missedUrl: "" };
  const root = document.body.appendChild(document.createElement("div"));
  const show = () =>
    act(() =>
      render(
        <>
          <ReviseBar revise={revise} facts={facts} />
          <FinishDialog revise={revise} onClosed={() => undefined} />
          <ClashBar session={session()} slice={slice} clash={slice.clash.value!} />
        </>,
        root,
      ),
    );
  await show();
  expect(root.querySelector(".saved")?.textContent).toBe("1 slice in conflict");
  expect(root.textContent).toContain("You saved one slice in another tab or browser, too.");
  expect(root.textContent).toContain("You saved this slice in another tab or browser.");
  slice.clashWith({ ...changed, by: "Ada" });
  await show();
  expect(root.textContent).toContain("One slice was saved by somebody else, too.");
  render(null, root);
  root.remove();
});

it("A slice that somebody else saved is theirs, or mine on top of it", async () => {
  await revise.open();
  const changed = { z: 11, number: 4, by: "Ada", at: "2026-01-01T10:14:00Z", runs: [0, 16] };
  answers["/r/slices"] = () => {
    const details = { held: true, slices: [changed], kept: [] };
    throw new HttpError(409, "slice_changed", "Changed.", null, details);
  };
  press("Delete");
  await revise.save();
  expect(await revise.release("")).toBe(false);
  expect(revise.notice.value?.sentence).toMatch(/^Slice 2 was saved elsewhere, too/);
  const slice = session().book.slice.value;
  const root = document.body.appendChild(document.createElement("div"));
  await act(() =>
    render(<ClashBar session={session()} slice={slice} clash={slice.clash.value!} />, root),
  );
  expect(root.textContent).toMatch(/Ada saved this slice at .*Keep what Ada saved/);
  answers["/r/slices"] = (body) => ({ kept: keptOf(body) });
  const [theirs, mine] = root.querySelectorAll("button");
  await act(() => mine?.click());
  await vi.waitFor(() => expect(session().state.value).toBe("saved"));
  expect(requests.at(-1)?.[1]).toMatchObject({ slices: [{ z: 11, base: 4, runs: [16] }] });
  slice.clashWith({ ...changed, number: 5 });
  await act(() => theirs?.click());
  expect([slice.mask.value.runs(), slice.known.value.number]).toEqual([[0, 16], 5]);
  root.remove();
});

it("An instance that somebody else has now is told; what was drawn is kept beside", async () => {
  await revise.open();
  answers["/r/slices"] = () => {
    const slices = [{ z: 11, number: 0, by: null, at: null, runs: null }];
    const details = { held: false, slices, kept: [] };
    throw new HttpError(409, "slice_changed", "Ben has it now. It is kept.", null, details);
  };
  press("Delete");
  await revise.save();
  expect(revise.notice.value?.sentence).toBe("Ben has it now. It is kept.");
  expect(session().book.slice.value.clash.value).toBeNull();
  expect(revise.unsentCount()).toBe(0);
});

it("Nothing is drawn on what is held no longer, however that came to be known", async () => {
  await revise.open();
  const drawn = session().book.slice.value.mask.value;
  answers["/r/reset"] = () => {
    throw new HttpError(409, "stale_lease", "You hold this instance no longer.");
  };
  answers["/r/markers"] = () => easelOf().markers;
  await session().markers.reset("pre");
  expect(revise.notice.value?.button?.title).toBe("Go on with the next one");
  expect(session().lost.value).toBe("You hold this instance no longer.");
  press("Delete");
  press("b");
  session().board.press({ x: 1, y: 1 }, 0.2);
  session().board.release();
  expect(session().board.told.value).toBe("You hold this instance no longer.");
  press("q");
  session().board.press({ x: 1, y: 1 }, 0.2);
  expect(session().book.slice.value.mask.value).toBe(drawn);
  expect(revise.unsentCount()).toBe(0);
});

it("What was typed stays where the server does not answer; what it has finished is finished", async () => {
  await revise.open();
  press("f");
  const root = document.body.appendChild(document.createElement("div"));
  await act(() => render(<FinishDialog revise={revise} onClosed={() => undefined} />, root));
  const note = root.querySelector("textarea")!;
  const submit = () => root.querySelector<HTMLButtonElement>("[type=submit]")!.click();
  note.value = "drawn anew";
  await act(() => void note.dispatchEvent(new Event("input", { bubbles: true })));
  answers["/r/finish"] = () => {
    throw new HttpError(500, "error", "Out of order.");
  };
  await act(submit);
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toContain("Out of"));
  revise.windows.finish.close();
  await act(() => void press("f"));
  expect(root.querySelector("textarea")?.value).toBe("drawn anew");
  answers["/r/finish"] = () => {
    throw new HttpError(409, "conflict", "You have finished with it as 'fine' already.", "decision");
  };
  answers["/lease"] = () => ({ revision: null, why: "none_left", sentence: "Done.", left: LEFT });
  await act(submit);
  await vi.waitFor(() => expect(revise.none.value?.sentence).toBe("Done."));
  expect(revise.notice.value?.sentence).toContain("already");
  expect([revise.windows.finish.isOpen, revise.draft.note.value]).toEqual([false, ""]);
  render(null, root);
  root.remove();
});

it("A decision that the mask speaks against is asked for twice", async () => {
  await revise.open();
  press("f");
  const root = document.body.appendChild(document.createElement("div"));
  await act(() => render(<FinishDialog revise={revise} onClosed={() => undefined} />, root));
  const finish = vi.spyOn(revise, "finish").mockResolvedValue(false);
  const said = () => root.querySelector("[role=alert]")?.textContent ?? "";
  const submit = () => act(() => root.querySelector<HTMLButtonElement>("[type=submit]")!.click());
  const choose = (value: string) =>
    act(() => root.querySelector<HTMLInputElement>(`[value=${value}]`)!.click());
  const { book } = session();
  await act(() => void book.edit(book.at(11)!, SliceMask.ofRuns([16], book.size)));
  await choose("fine");
  await submit();
  expect(said()).toContain("One slice is no longer as it came");
  expect(finish).not.toHaveBeenCalled();
  await choose("mended");
  expect(said()).toBe("");
  await act(() => void book.edit(book.at(12)!, SliceMask.ofRuns([16], book.size)));
  await submit();
  expect(said()).toContain("The mask is empty");
  expect(finish).not.toHaveBeenCalled();
  await submit();
  expect(finish).toHaveBeenCalledExactlyOnceWith("mended", "");
  await choose("no_synapse"); // whose mask may well be empty
  await submit();
  expect(finish).toHaveBeenLastCalledWith("no_synapse", "");
  render(null, root);
  root.remove();
});

it("A curve that is not filled yet is there again after a reload", async () => {
  await revise.open();
  session().board.press({ x: 1, y: 1 }, 0.2);
  session().board.release();
  session().stop();
  await revise.open();
  expect(session().book.slice.value.curve.value?.points).toEqual([{ x: 1, y: 1 }]);
});

it("Who is logged out draws on, and goes on after logging in", async () => {
  await revise.open();
  answers["/r/slices"] = () => {
    throw new HttpError(401, "login_needed", "You are no longer logged in.");
  };
  press("Delete");
  await revise.save();
  expect(revise.notice.value?.link?.url).toBe("/login");
  answers["/r/slices"] = (body) => ({ kept: keptOf(body) });
  revise.notice.value?.button?.run();
  await vi.waitFor(() => expect(session().state.value).toBe("saved"));
});

it("Keys are for the window that is open; a text takes them all", async () => {
  await revise.open();
  press("f");
  expect(revise.windows.finish.isOpen).toBe(true);
  expect(press("t")).toBe(false);
  const root = document.body.appendChild(document.createElement("div"));
  await act(() => render(<FinishDialog revise={revise} onClosed={() => undefined} />, root));
  const chosen = root.querySelector<HTMLInputElement>("input:checked");
  expect(chosen?.value).toBe("fine"); // nothing was changed
  revise.windows.finish.close();
  const text = document.body.appendChild(document.createElement("textarea"));
  const typed = new KeyboardEvent("keydown", { key: "t", bubbles: true });
  const heard = vi.fn((event: KeyboardEvent) => pressOnRevise(event, revise));
  document.addEventListener("keydown", heard);
  text.dispatchEvent(typed);
  expect(heard).toHaveReturnedWith(false);
  document.removeEventListener("keydown", heard);
  text.remove();
  root.remove();
});

it("The help names SynAnno's key where a person has another one", async () => {
  const erase = REVISE_COMMANDS.find(({ name }) => name === "revise-erase")!;
  revise.keys.assign(erase, "x");
  revise.keys.remove(erase, "t");
  revise.windows.help.open();
  const root = document.body.appendChild(document.createElement("div"));
  await act(() => render(<HelpDialog revise={revise} onClosed={() => undefined} />, root));
  const rows = [...root.querySelectorAll(".help__keys div")].map((row) => row.textContent);
  expect(rows.filter((row) => row?.includes("SynAnno"))).toEqual(
    expect.arrayContaining(["xEraser (in SynAnno t)"]),
  );
  expect(rows.indexOf("xEraser (in SynAnno t)")).toBeLessThan(10); // among those that matter
  root.remove();
});
