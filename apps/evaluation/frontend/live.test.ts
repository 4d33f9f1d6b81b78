import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Commands } from "./actions";
import type { PanelName } from "./contract";
import { keepPanels } from "./polling";
import { annotator, EMPTY_PANELS, openLease } from "./testing";

const NAMES = Object.keys(EMPTY_PANELS) as readonly PanelName[];
const URLS = Object.fromEntries(NAMES.map((name) => [name, `/${name}`])) as Record<PanelName, string>;

interface Asked {
  readonly url: string;
  readonly etag: string | null;
}

/** A server that says for each address what it answers. */
function serve(answer: (asked: Asked) => Response): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) => {
    const one = { url, etag: new Headers(init?.headers).get("If-None-Match") };
    asked.push(one);
    return Promise.resolve(answer(one));
  });
  return asked;
}

/** What the server says of a panel; the tag is its address, if none is given. */
function figures(url: string, etag = url): Response {
  return Response.json(EMPTY_PANELS[url.slice(1) as PanelName], { headers: { ETag: etag } });
}

function unchanged(): Response {
  return new Response(null, { status: 304 });
}

function listen() {
  return { panels: [] as string[], contact: [] as boolean[], gone: 0 };
}

async function watch(heard: ReturnType<typeof listen>, ms: number): Promise<void> {
  const leaving = new AbortController();
  const done = keepPanels(
    URLS,
    {
      onPanel: (name) => heard.panels.push(name),
      onContact: (answers) => heard.contact.push(answers),
      onGone: () => (heard.gone += 1),
    },
    leaving.signal,
  ).catch(() => "left");
  await vi.advanceTimersByTimeAsync(ms);
  leaving.abort();
  await done;
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.defineProperty(document, "visibilityState", { value: "visible", configurable: true });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("keeping the panels up to date", () => {
  it("asks for all once, then with what it has whether two of them have changed", async () => {
    const asked = serve(({ url, etag }) => (etag === null ? figures(url) : unchanged()));
    const heard = listen();
    await watch(heard, 5000);
    expect([...heard.panels].sort()).toEqual([...NAMES].sort());
    expect(asked.slice(8)).toEqual([
      { url: "/leases", etag: "/leases" },
      { url: "/progress", etag: "/progress" },
    ]);
  });

  it("asks for the others when the figures were made anew", async () => {
    let version = 1;
    serve(({ url, etag }) => {
      const now = `${url} ${version}`;
      return etag === now ? unchanged() : figures(url, now);
    });
    const heard = listen();
    setTimeout(() => (version = 2), 1000);
    await watch(heard, 5000);
    expect(heard.panels).toHaveLength(16);
  });

  it("asks soon again while they are made for the first time", async () => {
    const asked = serve(({ url }) => (url === "/leases" ? figures(url) : new Response("{}", { status: 202 })));
    await watch(listen(), 2500);
    expect(asked.filter((one) => one.url === "/progress").length).toBeGreaterThanOrEqual(3);
  });

  it("says that the server does not answer, and goes on asking", async () => {
    let isDown = true;
    serve(({ url }) => (isDown ? new Response("", { status: 503 }) : figures(url)));
    const heard = listen();
    setTimeout(() => (isDown = false), 1000);
    await watch(heard, 9000);
    expect(heard.contact[0]).toBe(false);
    expect(heard.contact.at(-1)).toBe(true);
  });

  it("asks again for one panel that failed while the others stay as they are", async () => {
    let version = 1;
    let fails = false;
    serve(({ url, etag }) => {
      if (fails && url === "/pace") {
        fails = false;
        return new Response("", { status: 503 });
      }
      const now = `${url} ${version}`;
      return etag === now ? unchanged() : figures(url, now);
    });
    const heard = listen();
    setTimeout(() => {
      version = 2;
      fails = true;
    }, 1000);
    await watch(heard, 9000);
    expect(heard.panels.filter((name) => name === "pace")).toHaveLength(2);
    expect(heard.contact).toEqual([true, false, true]);
  });

  it.each([
    ["is no JSON", () => new Response("<html>A proxy speaks.</html>")],
    ["lacks a figure", () => Response.json({ ...EMPTY_PANELS.progress, votes: null })],
  ])("goes on asking after an answer that %s", async (_, odd) => {
    let isOdd = true;
    serve(({ url }) => (isOdd && url === "/progress" ? odd() : figures(url)));
    const heard = listen();
    setTimeout(() => (isOdd = false), 1000);
    await watch(heard, 5000);
    expect(heard.contact).toEqual([false, true]);
    expect([...new Set(heard.panels)].sort()).toEqual([...NAMES].sort());
  });

  it("ends when one may no longer look", async () => {
    const asked = serve(() => new Response("", { status: 403 }));
    const heard = listen();
    await watch(heard, 20_000);
    expect(heard.gone).toBe(1);
    expect(asked).toHaveLength(2);
  });

  it("does not ask while nobody looks", async () => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    const asked = serve(({ url }) => figures(url));
    await watch(listen(), 20_000);
    expect(asked).toEqual([]);
  });
});

describe("what a manager does", () => {
  function commands(isSure = true) {
    const said: [string, boolean][] = [];
    const questions: string[] = [];
    let looks = 0;
    const ask = (question: string) => {
      questions.push(question);
      return isSure;
    };
    const say = (...one: [string, boolean]) => void said.push(one);
    const made = new Commands("/api/campaigns/7/", say, () => (looks += 1), ask);
    return { made, said, questions, looks: () => looks };
  }

  it("asks the API, says what became of it, and looks again", async () => {
    const asked = serve(({ url }) =>
      url.endsWith("pause") ? new Response(null, { status: 204 }) : new Response('{"changed": true, "pages": [3]}'),
    );
    const { made, said, looks } = commands();
    await made.pause(annotator(5));
    await made.pause(annotator(5, { paused: true }));
    await made.transfer(annotator(5), annotator(6));
    await made.reopen(12);
    expect(asked.map((one) => one.url)).toEqual([
      "/api/campaigns/7/people/5/pause",
      "/api/campaigns/7/people/5/resume",
      "/api/campaigns/7/people/5/transfer",
      "/api/campaigns/7/pages/12/reopen",
    ]);
    expect(said.every(([, isTrouble]) => !isTrouble)).toBe(true);
    expect(said[2]?.[0]).toBe("1 page of Person 5 goes to Person 6.");
    expect(looks()).toBe(4);
  });

  it("does what takes work from people only when that is sure", async () => {
    const asked = serve(() => new Response('{"changed": true, "pages": [3]}'));
    const { made, questions, said } = commands(false);
    expect(await made.transfer(annotator(5), null)).toBe(false);
    expect(await made.reopen(12)).toBe(false);
    expect([asked, said]).toEqual([[], []]);
    expect(questions[0]).toContain("all open pages from Person 5, for everybody?");
    expect(questions[1]).toContain("Reopen page 12?");
  });

  it("shows the sentence of the server when it refuses", async () => {
    const error = { code: "conflict", sentence: "The campaign is archived.", field: null };
    serve(() => new Response(JSON.stringify({ error }), { status: 409 }));
    const { made, said } = commands();
    await made.pause(annotator(5));
    expect(said).toEqual([["The campaign is archived.", true]]);
  });

  it("says where nothing was to be done", async () => {
    serve(() => new Response('{"changed": false, "pages": []}'));
    const { made, said } = commands();
    await made.reopen(12);
    await made.takeBack(openLease(3));
    await made.transfer(annotator(5), null);
    expect(said.map(([sentence]) => sentence)).toEqual([
      "Page 12 was not submitted.",
      "Page 3 is held by nobody any more.",
      "Person 5 has no open pages.",
    ]);
  });
});
