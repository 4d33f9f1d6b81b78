import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, type News } from "../../../core/frontend/http";
import { FieldError } from "../../../core/frontend/readers";
import { frameOf } from "../../../core/frontend/testing";
import { FakeBitmap } from "../testing";
import { NONE, gridOf, leaseOf } from "../testing_grid";
import { parsePageSection } from "./contract";
import { NeuronMap, progressInWords, sectionInWords, type PlacedPage } from "./neuron_map";

const ROW = { root_id: "7", sections: 3, items: 3, judged: 1, pages: 6, pages_done: 1, failure: "" };

function section(number: number, more: object = {}) {
  return {
    ...{ id: 10 + number, number, parent: number === 0 ? null : 0, length_nm: 900 },
    ...{ path_nm: [[0, 0, 0], [0, 900, number]], items: 1, judged: 0, searched: false },
    ...{ state: "free", ...more },
  };
}

function neuron(root_id = "7", done = 0) {
  const sections = [0, 1, 2].map((at) => section(at, at < done ? { state: "done", judged: 1 } : {}));
  const synapses = sections.map(({ id }, at) => ({
    ...{ position_nm: [0, 100 * at, 0], section: id, label: at < done ? "correct" : null },
  }));
  return { root_id, length_nm: 2700, soma_nm: null, sections, synapses };
}

function pageOf(pageId: number, at: number | null, root = "7"): { readonly page: PlacedPage } {
  const section =
    at === null
      ? null
      : parsePageSection({
          ...{ id: 10 + at, number: at, sections: 3, neuron: root },
          ...{ path_nm: [[0, 0, 0]], voxel_nm: [8, 8, 8] },
        });
  return { page: { pageId, section } };
}

function mapOf(answers: Record<string, () => unknown> = {}) {
  const asked: [string, string | null][] = [];
  const went: number[] = [];
  const session = signal<{ readonly page: PlacedPage } | null>(null);
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const all: Record<string, () => unknown> = {
    "/neurons": () => ({ neurons: [ROW] }),
    "/neurons/7": () => neuron(),
    ...answers,
  };
  const ask = async (url: string, etag: string | null): Promise<News | null> => {
    asked.push([url, etag]);
    const body = all[url]?.();
    return body === null ? null : { status: 200, body, etag: `"${asked.length}"` };
  };
  const work = { session, openSection: async (id: number) => void went.push(id) };
  const open = () => new NeuronMap("/neurons", work, storage, ask);
  return { map: open(), open, session, asked, went };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("the map of a neuron", () => {
  it("shows the neuron of the page, and asks again after each page", async () => {
    let done = 0;
    const { map, session, asked } = mapOf({ "/neurons/7": () => neuron("7", done) });
    const stop = map.follow();
    session.value = pageOf(1, 0);
    await settled();
    expect(map.neuron.value?.sections).toHaveLength(3);
    expect(progressInWords(map.neuron.value!)).toBe("0 of 3 sections, 0 of 3 synapses");
    expect([map.present.value, map.focused.value]).toEqual([0, 0]);
    done = 1;
    session.value = null; // the page is being turned
    session.value = pageOf(2, 1);
    await settled();
    expect(progressInWords(map.neuron.value!)).toBe("1 of 3 sections, 1 of 3 synapses");
    expect(map.present.value).toBe(1);
    expect(asked.filter(([url]) => url === "/neurons/7").map(([, etag]) => etag)).toEqual([null, '"2"']);
    stop();
  });

  it("asks for the list of neurons once, and again only when one is to be chosen", async () => {
    let rows: unknown = { neurons: [ROW, { ...ROW, root_id: "8" }] };
    const { map, session, asked } = mapOf({ "/neurons": () => rows });
    const stop = map.follow();
    for (const pageId of [1, 2, 3]) {
      session.value = pageOf(pageId, 0);
      await settled();
    }
    await map.refresh();
    const listed = () => asked.filter(([url]) => url === "/neurons").map(([, etag]) => etag);
    expect(listed()).toEqual([null]);
    rows = { neurons: [{ ...ROW, pages_done: 3 }, { ...ROW, root_id: "8" }] };
    await Promise.all([map.refreshList(), map.refreshList()]); // pointed at, and then focused
    expect(listed()).toEqual([null, '"1"']);
    expect(map.neurons.value.map(({ pages_done }) => pages_done)).toEqual([3, 1]);
    const before = map.neurons.value;
    rows = null; // not modified
    await map.refreshList();
    expect([listed().length, map.neurons.value]).toEqual([3, before]);
    stop();
  });

  it("asks for the list again with a later page", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const rows = { neurons: [ROW, { ...ROW, root_id: "8" }] };
    const { map, session, asked } = mapOf({ "/neurons": () => rows });
    const stop = map.follow();
    for (const pageId of [1, 2]) {
      session.value = pageOf(pageId, 0);
      await settled();
      vi.setSystemTime(Date.now() + 30_000);
    }
    expect(asked.filter(([url]) => url === "/neurons")).toHaveLength(2);
    stop();
    vi.useRealTimers();
  });

  it("keeps what it has where nothing has changed", async () => {
    let body: unknown = neuron();
    const { map } = mapOf({ "/neurons/7": () => body });
    await map.show(null);
    const before = map.neuron.value;
    body = null; // not modified
    await map.refresh();
    expect(map.neuron.value).toBe(before);
  });

  it("asks for nothing while it is hidden, and stays so from day to day", async () => {
    const { map, open, session, asked } = mapOf();
    map.follow();
    map.toggle();
    session.value = pageOf(1, 0);
    await settled();
    expect(asked).toEqual([]);
    session.value = pageOf(2, 0);
    expect(map.isOpen.value).toBe(false);
    expect(open().isOpen.value).toBe(false);
    map.toggle();
    await settled();
    expect(map.neuron.value?.root_id).toBe("7");
    map.turnTo("xz");
    expect([open().isOpen.value, open().plane.value]).toEqual([true, "xz"]);
  });

  it("is walked with keys, and goes to another section than the present one", async () => {
    const { map, session, went } = mapOf();
    map.follow();
    session.value = pageOf(1, 0);
    await settled();
    const moved = (where: Parameters<NeuronMap["move"]>[0]) => {
      map.move(where);
      return map.focused.value;
    };
    expect(["after", "after", "after"].map((each) => moved(each as never))).toEqual([1, 2, 2]);
    expect(moved("parent")).toBe(0);
    expect([moved("child"), moved("last"), moved("first"), moved("before")]).toEqual([1, 2, 0, 0]);
    await map.go(map.focused.value);
    expect(went).toEqual([]);
    await map.go(2);
    expect(went).toEqual([12]);
  });

  it("says why there is none", async () => {
    const failure = "Neuron 7 has no skeleton.";
    const empty = { ...neuron(), sections: [], synapses: [] };
    const { map } = mapOf({
      "/neurons": () => ({ neurons: [{ ...ROW, sections: 0, failure }] }),
      "/neurons/7": () => empty,
    });
    await map.show(null);
    expect(map.failure.value).toBe(failure);
    const broken = mapOf({ "/neurons/7": () => ({ ...neuron(), sections: [{ id: "one" }] }) });
    await broken.map.show(null);
    expect(broken.map.failure.value).toContain("sections.0.id");
    const none = mapOf({ "/neurons": () => ({ neurons: [] }) });
    await none.map.show(null);
    expect([none.map.isEmpty.value, none.map.failure.value]).toEqual([true, ""]);
  });

  it("tells of a section in words", () => {
    const told = sectionInWords(section(1, { state: "held", items: 2, judged: 1 }) as never, 3);
    expect(told).toBe("Section 2 of 3: somebody else is on it, 2 synapses, 1 judged by you");
  });

  it("refuses places that are none", () => {
    expect(() => parsePageSection({ id: 1, number: 0, sections: 1, neuron: "7", path_nm: [[1, 2]], voxel_nm: [1, 1, 1] })).toThrow(FieldError);
    expect(parsePageSection(null)).toBeNull();
  });
});

describe("going to a section", () => {
  beforeEach(() => void vi.stubGlobal("createImageBitmap", async () => new FakeBitmap()));
  afterEach(() => void vi.unstubAllGlobals());

  it("saves the labels first, asks for a page of it, and shows that", async () => {
    const leases = [leaseOf(1, [1, 2]), leaseOf(5, [8, 9])];
    const { grid, transport } = gridOf({ "/lease": () => leases.shift() });
    await grid.openPage();
    const tile = grid.session.value?.tiles[0];
    grid.judging.label(tile!, "incorrect");
    await grid.openSection(17);
    const order = transport.asked.map(({ url }) => url.split("?")[0]).filter((url) => url === "/lease" || url === "/verdicts");
    expect(order).toEqual(["/lease", "/verdicts", "/lease"]);
    expect(transport.askedOf("/lease").at(-1)?.body).toEqual({ section: 17, leaving: "t" });
    expect(grid.session.value?.page.number).toBe(5);
    expect(grid.session.value?.tiles.map(({ item }) => item)).toEqual([8, 9]);
  });

  it("stays on the page where there is none, and says why", async () => {
    const sentence = "Somebody else is on that section.";
    const refusals: (() => unknown)[] = [
      () => [frameOf({ ...NONE, reason: "waiting", sentence })],
      () => {
        throw new HttpError(409, "conflict", sentence);
      },
    ];
    for (const refuse of refusals) {
      let first = true;
      const { grid, went } = gridOf({
        "/lease": () => {
          const answer = first ? leaseOf(1, [1, 2]) : refuse();
          first = false;
          return answer;
        },
      });
      await grid.openPage();
      const before = grid.session.value;
      await grid.openSection(17);
      expect(grid.session.value).toBe(before);
      expect([grid.phase.value, grid.notice.value?.sentence]).toEqual(["working", sentence]);
      grid.notice.value?.button?.run();
      expect([grid.notice.value, went]).toEqual([null, []]);
    }
  });
});
