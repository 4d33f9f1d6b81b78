import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { followToken, swap } from "./cave";
import { Watch, aboutOf, nextLookMs, rowsOf, runOf, troubleOf, type DeliveryLine } from "./dashboard_lines";
import { isUnderWay, stepOf, type Progress } from "./progress";

const RUN = { stage: "sending", finished_at: null, done: 1500, total: 12000 };

function progress(changes: Partial<Progress>): Progress {
  return { state: "active", is_checked: true, run: null, ...changes };
}

function line(changes: Partial<DeliveryLine>): DeliveryLine {
  const counts = { held: 5, waiting: 2, failed: 0 };
  const plain = { id: 1, kind: "categories", table: "mended", state: "active", failure: "", due_at: null, missing: 0 };
  return { ...plain, counts, run: null, ...changes };
}

const DONE = { ...RUN, stage: "done", finished_at: "2031-01-02T03:04:05Z", posted: 3, put: 1, deleted: 2, words: "" };
const BUSY = { ...DONE, stage: "sending", finished_at: null };

describe("how far a delivery is", () => {
  it("is followed while it is tried or sent", () => {
    expect(isUnderWay(progress({ state: "checking" }))).toBe(true);
    expect(isUnderWay(progress({ run: RUN }))).toBe(true);
    expect(isUnderWay(progress({}))).toBe(false);
    expect(isUnderWay(progress({ run: { ...RUN, finished_at: "2031-01-02" } }))).toBe(false);
  });

  it("is told in words and as a bar", () => {
    expect(stepOf(progress({ run: RUN }))).toEqual({
      words: "1,500 of 12,000 rows are sent",
      done: 1500,
      of: 12000,
    });
    expect(stepOf(progress({ run: { ...RUN, stage: "gathering" } })).words).toBe(
      "1,500 of 12,000 synapses are read",
    );
    expect(stepOf(progress({ state: "checking" })).of).toBe(0);
    const roots = { ...RUN, stage: "roots", done: 0 };
    expect(stepOf(progress({ run: roots })).words).toBe("The neurons of 0 of 12,000 rows are read");
    expect(stepOf(progress({ run: { ...roots, total: 0 } })).words).toBe("CAVE is asked for a newer version");
  });
});

describe("a line of the dashboard", () => {
  it("says what came of the last time", () => {
    expect(aboutOf(line({}))).toBe("errors, running");
    expect(runOf(line({}))).toBe("Not sent yet");
    expect(runOf(line({ state: "draft" }))).toBe("Not started");
    expect(runOf(line({ run: DONE }))).toMatch(/^Last sync 1 Jan 2031, 23:34: 3 sent, 1 changed, 2 deleted$/);
    expect(runOf(line({ run: { ...DONE, stage: "failed" } }))).toMatch(/^The last sync failed/);
    expect(runOf(line({ run: DONE, due_at: "2031-01-03T00:00:00Z" }))).toMatch(/deleted; next 2 Jan 2031, 20:30/);
    expect(runOf(line({ run: BUSY }))).toBe("1,500 of 12,000 rows are sent");
  });

  it("says that rows should be in CAVE where some are missing there", () => {
    expect(rowsOf(line({}))).toBe("5 in CAVE, 2 waiting, 0 failed.");
    expect(rowsOf(line({ missing: 1 }))).toBe("5 should be in CAVE, 2 waiting, 0 failed.");
  });

  it("has the words of CAVE where it failed", () => {
    expect(troubleOf(line({ run: { ...DONE, words: "503 Service Unavailable" } }))).toBe("503 Service Unavailable");
    expect(troubleOf(line({ failure: "403 missing_tos" }))).toBe("403 missing_tos");
    expect(troubleOf(line({ run: { ...DONE, finished_at: null, words: "of before" } }))).toBe("");
  });
});

describe("looking at the deliveries again", () => {
  const fetched = vi.fn<typeof fetch>();
  const signal = new AbortController().signal;
  const asked = () => fetched.mock.calls.map(([url]) => String(url));

  beforeEach(() => {
    fetched.mockReset();
    vi.stubGlobal("fetch", fetched);
  });
  afterEach(() => vi.unstubAllGlobals());

  it("waits until the next sync is due, and without one for somebody who asks", () => {
    const now = Date.parse("2031-01-02T00:00:00Z");
    expect(nextLookMs([line({}), line({ run: DONE })], now)).toBe(2 ** 31 - 1);
    const lines = [line({ due_at: "2031-01-02T00:05:00Z" }), line({ due_at: "2031-01-02T01:00:00Z" })];
    expect(nextLookMs(lines, now)).toBe(340_000);
    expect(nextLookMs([line({ due_at: "2031-01-01T00:00:00Z" })], now)).toBe(60_000);
  });

  it("asks how far those are that workers are at, and for all when one is over", async () => {
    const watch = new Watch("/d");
    const both = [line({ run: BUSY }), line({ id: 2, run: DONE })];
    fetched.mockResolvedValueOnce(Response.json(both));
    expect((await watch.look(signal))[1]).toBe(1500);
    const more = { ...BUSY, done: 2000 };
    fetched.mockResolvedValueOnce(Response.json({ state: "active", is_checked: true, run: more }));
    expect((await watch.look(signal))[0][0]?.run?.done).toBe(2000);
    expect(asked()).toEqual(["/d", "/d/1/progress"]);
    fetched.mockResolvedValueOnce(Response.json({ state: "active", is_checked: true, run: DONE }));
    fetched.mockResolvedValueOnce(Response.json([line({ run: DONE })]));
    expect((await watch.look(signal))[1]).toBeGreaterThan(60_000);
    expect(asked().slice(2)).toEqual(["/d/1/progress", "/d"]);
  });

  it("reads the list anew when somebody has asked for something", async () => {
    const watch = new Watch("/d");
    fetched.mockImplementation(() => Promise.resolve(Response.json([line({ run: BUSY })])));
    await watch.look(signal);
    watch.forget();
    await watch.look(signal);
    expect(asked()).toEqual(["/d", "/d"]);
  });
});

describe("the page", () => {
  it("puts the card of now in the place of the older one, and leaves what is typed beside it", () => {
    document.body.innerHTML = `<section id="card-1"><h2 tabindex="-1">A</h2><button>Pause</button></section>
      <form><input></form>`;
    const typed = document.querySelector("input");
    if (typed !== null) {
      typed.value = "half a name";
    }
    document.querySelector("button")?.focus();
    const now = `<section id="card-1"><h2 tabindex="-1">A</h2><button>Start</button><button>Pause</button></section>`;
    const card = document.getElementById("card-1");
    const fresh = card === null ? null : swap(card, new DOMParser().parseFromString(now, "text/html"));
    expect(document.getElementById("card-1")).toBe(fresh);
    expect(document.activeElement?.textContent).toBe("Pause");
    expect(document.querySelector("input")?.value).toBe("half a name");
  });

  it("gives the focus to the heading where its button is gone, and has no card where there is none", () => {
    document.body.innerHTML = `<section id="card-1"><h2 tabindex="-1">A</h2><button>Try</button></section>`;
    const pressed = document.querySelector("button");
    const pages = [`<section id="card-1"><h2 tabindex="-1">A</h2></section>`, "<p>Log in</p>"];
    const [there, gone] = pages.map((page) => new DOMParser().parseFromString(page, "text/html"));
    const card = document.getElementById("card-1");
    const fresh = card !== null && there !== undefined ? swap(card, there, pressed) : null;
    expect(document.activeElement).toBe(fresh?.querySelector("h2"));
    expect(fresh !== null && gone !== undefined ? swap(fresh, gone) : undefined).toBe(null);
  });

  it("names the server of a token that is for one alone", () => {
    document.body.innerHTML = `<form><select name="secret"><option data-server="">mine</option>
      <option data-server="https://a.example.org">lab</option></select>
      <input name="server" value="https://b.example.org"></form>`;
    const [form, token] = [document.querySelector("form"), document.querySelector("select")];
    const server = document.querySelector("input");
    if (form !== null && token !== null) {
      followToken(form);
      token.dispatchEvent(new Event("change"));
      expect(server?.value).toBe("https://b.example.org");
      token.selectedIndex = 1;
      token.dispatchEvent(new Event("change"));
    }
    expect(server?.value).toBe("https://a.example.org");
  });
});
