import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../../core/frontend/http";
import { KeptMarks, sendLeftMarks, type KeptMark, type MarkOutbox } from "./mark_outbox";
import { MarkKeeper, newMark, type Mark, type MarkServer } from "./marks";

/** An outbox that lasts as long as its test. */
class MemoryMarks implements MarkOutbox {
  readonly kept = new Map<string, KeptMark>();

  async put(kept: KeptMark): Promise<void> {
    this.kept.set(`${kept.url} ${kept.mark.key}`, kept);
  }

  async remove(kept: readonly KeptMark[]): Promise<void> {
    kept.forEach(({ url, mark }) => this.kept.delete(`${url} ${mark.key}`));
  }

  async of(person: string): Promise<readonly KeptMark[]> {
    return [...this.kept.values()].filter((one) => one.person === person);
  }
}

/** A server that keeps the last of each key, or throws what it is told to. */
class MemoryServer implements MarkServer {
  readonly kept = new Map<string, Mark>();
  readonly batches: (readonly Mark[])[] = [];
  failures: unknown[] = [];
  /** Marks with such an x lie outside the image: of a request with one of them nothing is kept. */
  outside = 9;
  gate: Promise<void> = Promise.resolve();

  async read(): Promise<readonly Mark[]> {
    return [...this.kept.values()];
  }

  async write(marks: readonly Mark[]): Promise<void> {
    await this.gate;
    const failure = this.failures.shift();
    if (failure !== undefined) {
      throw failure;
    }
    if (marks.length > 500) {
      throw new HttpError(400, "invalid", "marks: 500 at most.");
    }
    const bad = marks.find(({ position: [x] }) => x === this.outside);
    if (bad !== undefined) {
      throw outsideOf(bad);
    }
    this.batches.push(marks);
    marks.forEach((mark) => this.kept.set(mark.key, mark));
  }
}

function outsideOf({ position }: Mark): HttpError {
  return new HttpError(400, "invalid", `marks: (${position.join(", ")}) lies outside the image.`, "marks");
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function keeperOf() {
  const [server, outbox, troubles] = [new MemoryServer(), new MemoryMarks(), [] as unknown[]];
  const open = () =>
    new MarkKeeper(server, new KeptMarks(outbox, "anna", "/marks"), (error) => troubles.push(error));
  return { server, outbox, troubles, open, keeper: open() };
}

const settle = () => vi.advanceTimersByTimeAsync(1000);

describe("marks", () => {
  it("are kept by the server at once, with their last note, and forgotten by the browser then", async () => {
    const { server, outbox, keeper } = keeperOf();
    const { key } = keeper.add([1, 2, 3]);
    expect(keeper.state.value).toBe("saving");
    expect(outbox.kept.size).toBe(0); // written in the browser's own time
    await settle();
    expect(server.kept.get(key)).toEqual({ key, position: [1, 2, 3], note: "", removed: false });
    expect([keeper.state.value, outbox.kept.size]).toEqual(["saved", 0]);
    keeper.note(key, "a b");
    keeper.note(key, "a bouton");
    await settle();
    expect(server.kept.get(key)?.note).toBe("a bouton");
    expect(server.batches).toHaveLength(2); // one for a note, not one for each letter
    keeper.remove(key);
    expect(keeper.shown.value).toEqual([]);
    await settle();
    expect(server.kept.get(key)?.removed).toBe(true);
  });

  it("that are changed while they are sent are sent again", async () => {
    const { server, keeper, outbox } = keeperOf();
    let pass = () => undefined as void;
    server.gate = new Promise((resolve) => (pass = resolve));
    const { key } = keeper.add([1, 2, 3]);
    await settle();
    keeper.note(key, "changed on the way");
    pass();
    await settle();
    expect(server.kept.get(key)?.note).toBe("changed on the way");
    expect([keeper.unsentCount, outbox.kept.size]).toEqual([0, 0]);
  });

  it("are tried again while the server cannot be reached, and are sent before a submit", async () => {
    const { server, keeper } = keeperOf();
    server.failures = [new NetworkError("gone"), new NetworkError("gone"), new NetworkError("gone")];
    keeper.add([1, 2, 3]);
    await vi.advanceTimersByTimeAsync(200);
    expect(keeper.state.value).toBe("unsaved");
    expect(await keeper.flush()).toBe(false);
    server.failures = [];
    expect(await keeper.flush()).toBe(true);
    expect(server.kept.size).toBe(1);
    expect(keeper.state.value).toBe("saved");
  });

  it("survive a reload, unsent", async () => {
    const { server, keeper, open, outbox } = keeperOf();
    server.kept.set("old", { key: "old", position: [9, 9, 9], note: "there", removed: false });
    server.failures = Array.from({ length: 99 }, () => new NetworkError("gone"));
    const { key } = keeper.add([1, 2, 3]);
    await settle();
    keeper.stop(); // the window is loaded again
    expect(outbox.kept.size).toBe(1);
    server.failures = [];
    const again = open();
    await again.open();
    expect(again.shown.value.map((mark) => mark.key)).toEqual(["old", key]);
    await settle();
    expect(server.kept.get(key)?.position).toEqual([1, 2, 3]);
    expect(outbox.kept.size).toBe(0);
  });

  it("outside the image are taken back, and keep no other from being sent", async () => {
    const { server, keeper, troubles, outbox } = keeperOf();
    const bad = keeper.add([9, 9, 9]);
    const good = [keeper.add([1, 2, 3]), keeper.add([4, 5, 6])];
    await settle();
    expect(troubles).toEqual([outsideOf(bad)]);
    expect([...server.kept.keys()]).toEqual(good.map(({ key }) => key));
    expect(keeper.shown.value).toEqual(good);
    expect([keeper.state.value, outbox.kept.size]).toEqual(["saved", 0]);
  });

  it("of which several lie outside are told of together, and what comes meanwhile is sent", async () => {
    const { server, keeper, troubles } = keeperOf();
    let pass = () => undefined as void;
    server.gate = new Promise((resolve) => (pass = resolve));
    [1, 2, 3, 4, 5].forEach((y) => keeper.add([9, y, 0]));
    await settle();
    const good = keeper.add([1, 2, 3]);
    pass();
    await settle();
    const sentence = (y: number) => `(9, ${y}, 0) lies outside the image.`;
    expect(troubles.map((error) => (error as Error).message)).toEqual([
      `${sentence(1)} ${sentence(2)} ${sentence(3)} And 2 more reasons.`,
    ]);
    expect([...server.kept.keys()]).toEqual([good.key]);
    expect([keeper.state.value, keeper.unsentCount]).toEqual(["saved", 0]);
  });

  it("of which one is refused before the server is gone wait for it", async () => {
    const { server, keeper, outbox } = keeperOf();
    const bad = keeper.add([9, 9, 9]);
    const good = keeper.add([1, 2, 3]);
    server.failures = [outsideOf(bad), outsideOf(bad), new NetworkError("gone")];
    await vi.advanceTimersByTimeAsync(200);
    expect([keeper.state.value, keeper.shown.value]).toEqual(["unsaved", [good]]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([keeper.state.value, server.kept.size, outbox.kept.size]).toEqual(["saved", 1, 0]);
  });

  it("of a page that is no longer held are told of", async () => {
    const { server, keeper, troubles, outbox } = keeperOf();
    const stale = new HttpError(409, "stale_lease", "This page was given to someone else.");
    server.failures = [stale];
    keeper.add([1, 2, 3]);
    await settle();
    expect(troubles).toEqual([stale]);
    expect([keeper.state.value, outbox.kept.size]).toEqual(["saved", 0]); // they are kept as late
  });
});

describe("marks that an earlier page left behind", () => {
  it("are sent to where they belong; what the server does not take is told and dropped", async () => {
    const outbox = new MemoryMarks();
    const servers: Record<string, MemoryServer> = { "/a": new MemoryServer(), "/b": new MemoryServer() };
    const put = (person: string, url: string) =>
      outbox.put({ person, url, mark: newMark([1, 2, 3]) });
    await Promise.all([put("anna", "/a"), put("anna", "/a"), put("anna", "/b"), put("ben", "/a")]);
    servers["/b"]!.failures = [new HttpError(404, "not_found", "There is no such page.")];
    const told = await sendLeftMarks(outbox, "anna", (url) => servers[url]!);
    expect(servers["/a"]!.kept.size).toBe(2);
    expect(told).toBe(
      "One mark of missed synapses that you made before is not kept: There is no such page.",
    );
    expect([...outbox.kept.values()].map(({ person }) => person)).toEqual(["ben"]);
  });

  it("outside the image are dropped alone; the others are kept, also where they are very many", async () => {
    const outbox = new MemoryMarks();
    const marks = Array.from({ length: 1200 }, (_, at) => newMark([at === 700 ? 9 : 1, at, 0]));
    await Promise.all(marks.map((mark) => outbox.put({ person: "anna", url: "/a", mark })));
    const server = new MemoryServer();
    expect(await sendLeftMarks(outbox, "anna", () => server)).toBe(
      "One mark of missed synapses that you made before is not kept: " +
        "(9, 700, 0) lies outside the image.",
    );
    expect([server.kept.size, outbox.kept.size]).toEqual([1199, 0]);
  });

  it("are all kept where their page has ended, and it is told once", async () => {
    const outbox = new MemoryMarks();
    const marks = Array.from({ length: 501 }, (_, at) => newMark([1, at, 0]));
    await Promise.all(marks.map((mark) => outbox.put({ person: "anna", url: "/a", mark })));
    const server = new MemoryServer();
    const stale = new HttpError(409, "stale_lease", "They are kept, as late ones.");
    server.failures = [stale, stale];
    expect(await sendLeftMarks(outbox, "anna", () => server)).toBe(
      "501 marks of missed synapses that you made before are kept as late: " +
        "They are kept, as late ones.",
    );
    expect([server.failures, outbox.kept.size]).toEqual([[], 0]);
  });

  it("wait while somebody else is logged in here", async () => {
    const outbox = new MemoryMarks();
    await outbox.put({ person: "anna", url: "/a", mark: newMark([1, 2, 3]) });
    const server = new MemoryServer();
    server.failures = [new HttpError(403, "other_person", "ben is here.")];
    expect(await sendLeftMarks(outbox, "anna", () => server)).toBe(
      "One mark of missed synapses that you made before is not sent yet: ben is here.",
    );
    expect(outbox.kept.size).toBe(1);
  });

  it("wait where the server cannot be reached", async () => {
    const outbox = new MemoryMarks();
    await outbox.put({ person: "anna", url: "/a", mark: newMark([1, 2, 3]) });
    const server = new MemoryServer();
    server.failures = [new NetworkError("The server cannot be reached.")];
    expect(await sendLeftMarks(outbox, "anna", () => server)).toContain("not sent yet");
    expect(outbox.kept.size).toBe(1);
    expect(await sendLeftMarks(outbox, "anna", () => server)).toBe("");
    expect(outbox.kept.size).toBe(0);
  });
});
