import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../core/frontend/http";
import type { Proposal, SliceState } from "./contract";
import type { EaselSession } from "./easel_session";
import { decide, decideAll, takeBackRefusals } from "./key_deeds";
import { sessionOf } from "./session_testing";
import { easelOf, proposalOf, stateOf } from "./testing";

interface Choice {
  readonly z: number;
  readonly accept: boolean;
  readonly base: number;
  readonly key: string;
}
type Again = Omit<Choice, "accept">;

/** A server as the real one decides: by slice, against the version that was seen, by key once. */
class Server {
  readonly slices = new Map([10, 11, 12].map((z) => [z, stateOf(z)]));
  readonly fates = new Map<number, Choice>();
  /** Of versions that were made: none serves twice. */
  private readonly keys = new Set<string>();
  readonly drawn: { z: number; base: number; runs: number[] }[] = [];
  /** What happens while the answer to a decision is under way. */
  meanwhile: () => unknown = () => undefined;
  /** How many answers to decisions get lost. */
  lost = 0;
  private readonly proposal = proposalOf();

  easel() {
    return easelOf({ slices: [...this.slices.values()], proposals: this.told() });
  }

  told(): Proposal[] {
    const fated = (z: number): "accepted" | "refused" | null => {
      const choice = this.fates.get(z);
      return choice === undefined ? null : choice.accept ? "accepted" : "refused";
    };
    const slices = this.proposal.slices.map((each) => ({ ...each, fate: fated(each.z) }));
    return [{ ...this.proposal, slices }];
  }

  put(z: number, some: Partial<SliceState>): void {
    const { number } = this.slices.get(z)!;
    this.slices.set(z, stateOf(z, { number: number + 1, by: "Ada", origin: "drawn", ...some }));
  }

  post = async (url: string, body: unknown): Promise<unknown> => {
    if (url.endsWith("/decide")) {
      return this.decide((body as { slices: Choice[] }).slices);
    }
    if (url.endsWith("/take-back")) {
      return this.takeBack((body as { slices: Again[] }).slices);
    }
    const { slices } = body as { slices: { z: number; base: number; key: string; runs: number[] }[] };
    this.drawn.push(...slices);
    const fits = slices.every(({ z, base }) => this.slices.get(z)!.number === base);
    if (!fits) {
      const changed = slices.map(({ z }) => this.slices.get(z));
      throw new HttpError(409, "slice_changed", "Changed.", null, { held: true, slices: changed });
    }
    return {
      kept: slices.map(({ z, key, runs }) => {
        this.put(z, { runs });
        return { z, key, number: this.slices.get(z)!.number };
      }),
    };
  };

  private async takeBack(slices: readonly Again[]): Promise<unknown> {
    for (const { z, base, key } of slices) {
      const choice = this.fates.get(z);
      expect(this.keys.has(key)).toBe(false);
      if (choice?.accept === true) {
        if (this.slices.get(z)!.number !== base) {
          const details = { held: true, slices: [this.slices.get(z)], kept: [] };
          throw new HttpError(409, "slice_changed", "Ada changed a slice.", null, details);
        }
        this.keys.add(key);
        this.put(z, { runs: null, origin: "restored" });
      }
      this.fates.delete(z);
    }
    await this.meanwhile();
    return this.told()[0];
  }

  private async decide(choices: readonly Choice[]): Promise<unknown> {
    const changed = [];
    for (const choice of choices) {
      const { z, accept, base, key } = choice;
      const before = this.fates.get(z);
      if (before !== undefined) {
        if (before.key !== key || before.accept !== accept) {
          throw new HttpError(409, "already_decided", `Slice ${z} was decided before.`);
        }
      } else if (accept && this.slices.get(z)!.number !== base) {
        changed.push(this.slices.get(z));
      } else {
        this.fates.set(z, choice);
        if (accept) {
          expect(this.keys.has(key)).toBe(false);
          this.keys.add(key);
          const runs = this.proposal.slices.find((one) => one.z === z)!.runs;
          this.put(z, { runs, origin: "proposed" });
        }
      }
    }
    await this.meanwhile();
    if (this.lost > 0) {
      this.lost -= 1;
      throw new NetworkError("The answer broke off.");
    }
    if (changed.length > 0) {
      const details = { held: true, slices: changed, kept: [] };
      throw new HttpError(409, "slice_changed", "Ada changed a slice.", null, details);
    }
    return this.told()[0];
  }
}

let server: Server;
let session: EaselSession;
let told: string[];

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  const transport = { postJson: server.post, getJson: async () => server.easel() };
  ({ session, told } = sessionOf(transport));
});

afterEach(() => {
  session.stop();
  vi.useRealTimers();
});

const runsOf = (z: number) => session.book.at(z)!.mask.value.runs();
const proposed = () => [...session.proposals.masks.value.keys()];
const turnTo = (z: number) => session.book.choose(z - 10);
const at = (x: number, y: number) => ({ x, y });

function paint(z: number): void {
  turnTo(z);
  session.board.take("brush");
  session.board.brushSize.value = 1;
  session.board.press(at(3.5, 3.5), 0.1);
  session.board.release();
}

it("A slice that was changed elsewhere is shown as it is now; the others are accepted", async () => {
  server.put(12, { runs: [15, 1] });
  await decideAll(session, true);
  expect(told).toEqual(["Ada changed a slice."]);
  expect([runsOf(10), runsOf(12)]).toEqual([
    [0, 4, 12],
    [15, 1],
  ]);
  await decideAll(session, true);
  expect(told).toHaveLength(1); // nothing is decided twice
  paint(10); // upon what was accepted
  expect(await session.flush()).toBe(true);
});

it("An answer to a decision that got lost is asked for again under the same keys", async () => {
  server.lost = 1;
  await decideAll(session, true);
  expect(told).toEqual([]);
  expect([...server.slices.values()].map(({ number }) => number)).toEqual([1, 0, 1]);
  expect([runsOf(10), proposed()]).toEqual([[0, 4, 12], []]);
});

it("What is decided where no answer comes is taken in before the next decision", async () => {
  server.lost = 2;
  await decideAll(session, true);
  expect(told).toEqual(["The answer broke off."]);
  await decideAll(session, true);
  expect(told).toHaveLength(1);
  expect([runsOf(10), proposed()]).toEqual([[0, 4, 12], []]);
});

it("What is drawn while a slice is accepted stays, and is saved upon it", async () => {
  turnTo(10);
  server.meanwhile = async () => {
    paint(10);
    await vi.advanceTimersByTimeAsync(5000); // it rests, however long the answer takes
    expect(server.drawn).toEqual([]);
  };
  await decide(session, true);
  expect(runsOf(10)).toEqual([15, 1]);
  expect(await session.flush()).toBe(true);
  expect(server.drawn).toMatchObject([{ z: 10, base: 1, runs: [15, 1] }]);
  expect(told).toEqual([]);
});

it("A stroke that goes on while its slice is accepted takes nobody away, and loses nothing", async () => {
  turnTo(10);
  session.board.take("brush");
  session.board.brushSize.value = 1;
  server.meanwhile = () => session.board.press(at(3.5, 3.5), 0.1);
  await decide(session, true);
  expect(session.book.slice.value.z).toBe(10);
  session.board.drag([at(2.5, 3.5)]);
  session.board.release();
  expect(runsOf(10)).toEqual([14, 2]);
  expect(await session.flush()).toBe(true);
  expect(server.slices.get(10)).toMatchObject({ number: 2, runs: [14, 2] });
});

it("Who has turned to another slice meanwhile stays there", async () => {
  turnTo(10);
  server.meanwhile = () => turnTo(11);
  await decide(session, true);
  expect(session.book.slice.value.z).toBe(11);
});

it("What somebody drew since is worth more than what was proposed for all", async () => {
  paint(10);
  expect(proposed()).toEqual([12]);
  await decideAll(session, true);
  expect(runsOf(10)).toEqual([15, 1]);
  expect([...server.fates.keys()]).toEqual([12]);
  void session.steps.undo(10);
  expect(proposed()).toEqual([10]);
});

it("A proposal that was asked for later takes the place of the one before", async () => {
  const later = proposalOf({ id: 2, slices: [proposalOf().slices[0]!] });
  session.proposals.all.value = [proposalOf(), later];
  expect([session.proposals.present.value?.id, proposed()]).toEqual([2, [10]]);
  const slices = later.slices.map((one) => ({ ...one, fate: "refused" as const }));
  session.proposals.all.value = [proposalOf(), { ...later, slices }];
  expect([session.proposals.present.value, proposed()]).toEqual([null, []]);
});

const undo = () => session.steps.undo();
const redo = () => session.steps.redo();
const fates = () => server.told()[0]!.slices.map(({ fate }) => fate);

it("Accepting is taken back before what was drawn earlier elsewhere, and can be done again", async () => {
  paint(11);
  turnTo(10);
  await decide(session, true);
  await undo();
  expect([runsOf(10), server.slices.get(10)!.number, fates()]).toEqual([[16], 2, [null, null]]);
  expect([proposed(), session.book.slice.value.z]).toEqual([[10, 12], 10]);
  expect(runsOf(11)).not.toEqual([4, 2, 10]);
  await redo();
  expect([runsOf(10), server.slices.get(10)!.number]).toEqual([[0, 4, 12], 3]);
  await undo();
  await undo();
  expect([runsOf(11), fates()]).toEqual([
    [4, 2, 10],
    [null, null],
  ]);
  expect(told).toEqual([]);
});

it("Refusing is taken back, by a key and by its button, which is a step, too", async () => {
  turnTo(10);
  await decide(session, false);
  expect([fates(), proposed(), session.proposals.refused.value]).toEqual([
    ["refused", null],
    [12],
    [10],
  ]);
  await undo();
  expect([fates(), proposed()]).toEqual([
    [null, null],
    [10, 12],
  ]);
  await decideAll(session, false);
  expect(fates()).toEqual(["refused", "refused"]);
  takeBackRefusals(session, [12]);
  await vi.waitFor(() => expect(fates()).toEqual(["refused", null]));
  await undo();
  await undo();
  expect(fates()).toEqual([null, null]);
});

it("Of slices that were accepted at once those of a slice can be taken back alone", async () => {
  paint(11);
  await decideAll(session, true);
  await session.steps.undo(12);
  expect(fates()).toEqual(["accepted", null]);
  await undo();
  expect(fates()).toEqual([null, null]);
  await redo();
  await redo();
  expect(fates()).toEqual(["accepted", "accepted"]);
});

it("A stroke upon what was accepted is taken back first, and what was there before last", async () => {
  paint(10);
  session.board.clear();
  turnTo(10);
  await decide(session, true);
  paint(10);
  await undo();
  expect(runsOf(10)).toEqual([0, 4, 12]);
  await undo();
  expect(runsOf(10)).toEqual([16]);
  await undo();
  expect(runsOf(10)).toEqual([15, 1]);
  expect(await session.flush()).toBe(true);
  expect([server.slices.get(10)!.runs, told]).toEqual([[15, 1], []]);
});

it("What is pressed quickly, one after another, is done in that order", async () => {
  turnTo(10);
  const first = decide(session, true);
  paint(11);
  const second = undo(); // the stroke
  const third = undo(); // what was accepted
  await Promise.all([first, second, third]);
  expect([runsOf(11), fates()]).toEqual([
    [4, 2, 10],
    [null, null],
  ]);
});

it("What the server does not take back stays accepted, and can be tried again", async () => {
  await decideAll(session, true);
  server.put(12, { runs: [0, 1, 15] });
  const before = fates();
  await session.steps.undo(12);
  expect([told, fates()]).toEqual([["Ada changed a slice."], before]);
  expect(runsOf(12)).toEqual([0, 1, 15]); // somebody else's: its steps are gone
  await undo();
  expect(fates()).toEqual([null, "accepted"]);
  expect(session.book.history.canUndo.value).toBe(false);
});
