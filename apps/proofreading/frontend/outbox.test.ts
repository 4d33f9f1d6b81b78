/** What is kept of labels in a browser, also in one that refuses, and what tabs know of each other. */

import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { BrowserOutbox, type KeptLabel } from "./outbox";
import { alone, liveAs, livingTabs, othersWorkIn, workIn } from "./tabs";
import { newVerdict } from "./verdict_queue";

beforeEach(() => void vi.stubGlobal("indexedDB", new IDBFactory()));
afterEach(() => void vi.unstubAllGlobals());

function labelOf(item: number, person = "anna", storedAt = 0, turn = 1): KeptLabel {
  const verdict = newVerdict(item, "incorrect");
  return { person, url: "/verdicts", verdict, tab: "here", storedAt, turn };
}

describe("BrowserOutbox", () => {
  it("gives the labels of a person in their order, until they are removed", async () => {
    const outbox = new BrowserOutbox();
    const [third, second, first] = [labelOf(3, "anna", 5), labelOf(2, "anna", 4, 2), labelOf(1, "anna", 4)];
    for (const label of [third, second, first, labelOf(4, "ben")]) {
      await outbox.put(label);
    }
    expect(await new BrowserOutbox().of("anna")).toEqual([first, second, third]); // after a crash
    await outbox.remove([first.verdict.key, third.verdict.key]);
    expect(await outbox.of("anna")).toEqual([second]);
    expect(await outbox.of("ben")).toHaveLength(1);
  });

  it.each([
    ["refuses", { open: () => { throw new DOMException("Access is denied.", "SecurityError"); } }],
    ["lacks", undefined],
  ])("keeps nothing, and says nothing, where a browser %s its storage", async (_, factory) => {
    vi.stubGlobal("indexedDB", factory);
    if (factory === undefined) {
      vi.unstubAllGlobals(); // the document of these tests has none of its own
    }
    const outbox = new BrowserOutbox();
    const label = labelOf(1);
    await outbox.put(label);
    await outbox.remove([label.verdict.key]);
    expect(await outbox.of("anna")).toEqual([]);
  });

  it("hides no fault of the program", async () => {
    const label = { ...labelOf(1), verdict: null } as unknown as KeptLabel;
    await expect(new BrowserOutbox().put(label)).rejects.toThrow(TypeError);
  });
});

/** Web Locks of one browser: one holder a name, the others wait in line. */
class FakeLocks {
  private readonly held = new Map<string, Promise<unknown>>();

  request = async <Value>(name: string, run: () => Promise<Value>): Promise<Value> => {
    const before = this.held.get(name) ?? Promise.resolve();
    const mine = before.then(run);
    this.held.set(name, mine);
    return mine;
  };

  query = async () => ({ held: [...this.held.keys()].map((name) => ({ name })) });
}

describe("tabs", () => {
  it("send in turns, and know which others live and work", async () => {
    vi.stubGlobal("navigator", { locks: new FakeLocks() });
    liveAs("one");
    liveAs("two");
    expect(await livingTabs()).toEqual(new Set(["one", "two"]));
    workIn("7", "one");
    workIn("70", "two");
    expect(await othersWorkIn("7", "one")).toBe(false);
    expect(await othersWorkIn("7", "three")).toBe(true);

    const done: string[] = [];
    let finish: () => void = () => undefined;
    const first = alone("/verdicts", () => new Promise<void>((resolve) => (finish = resolve)));
    const second = alone("/verdicts", async () => void done.push("second"));
    await alone("/revise", async () => void done.push("elsewhere"));
    expect(done).toEqual(["elsewhere"]);
    finish();
    await Promise.all([first, second]);
    expect(done).toEqual(["elsewhere", "second"]);
  });

  it("know nothing of each other without Web Locks, and send all the same", async () => {
    vi.stubGlobal("navigator", {});
    liveAs("one");
    expect(await livingTabs()).toEqual(new Set());
    expect(await othersWorkIn("7", "one")).toBeNull();
    expect(await alone("/verdicts", async () => "sent")).toBe("sent");
  });
});
