/** Slices that a computation proposes: asking for them, looking at them, taking or refusing them. */

import { batch, computed, signal } from "@preact/signals";

import { HttpError, isTransient } from "../../core/frontend/http";
import { uuid4 } from "../../core/frontend/uuid";
import {
  parseEasel,
  parseProposal,
  parseProposals,
  type Proposal,
  type SliceState,
} from "./contract";
import type { Fate, FatesStep } from "./drawing/history";
import { SliceMask } from "./drawing/slice_mask";
import { NotSavedError } from "./saving/not_saved";
import { twice } from "./saving/twice";
import type { SliceBook } from "./slice_book";

const POLL_MS = 1000;
const CONFLICT = 409;
/** What a slice is that was accepted, and one of which that was taken back. */
const BECOMES = { accepted: "proposed", refused: null, open: "restored" } as const;

interface ProposalTransport {
  postJson(url: string, body: unknown): Promise<unknown>;
  getJson(url: string): Promise<unknown>;
}

interface ProposalUrls {
  readonly proposals: string;
  readonly easel: string;
}

/** What is drawn while something is decided. */
export interface Drawing {
  /** Sends it; whether the server has all of it. */
  flush(): Promise<boolean>;
  /** Why it has not. */
  readonly obstacle: string;
  /** Keeps what is drawn of some slices here while `run` goes on. */
  holding<Value>(zs: readonly number[], run: () => Promise<Value>): Promise<Value>;
  /** Takes in what the server has; `own`: slices that became what they are by what was decided. */
  catchUp(states: readonly SliceState[], own: ReadonlySet<number>): void;
}

/** What is said of a proposed slice. */
interface Said {
  readonly z: number;
  readonly fate: Fate;
  readonly base: number;
  readonly key: string;
}

export class ProposalsModel {
  readonly all;
  /** Whether one is being asked for or decided on. */
  readonly isBusy = signal(false);
  /** The one that is being made; null where none is. */
  readonly awaited = computed(
    () => this.all.value.find(({ status }) => status === "waiting" || status === "running") ?? null,
  );
  /** The newest one that is made: one that was asked for before is of no use any more. */
  private readonly made = computed(
    () => this.all.value.findLast(({ status }) => status === "ready") ?? null,
  );
  /** The newest of all, where it failed: to say why. */
  readonly failed = computed(() => {
    const last = this.all.value.at(-1);
    return last?.status === "failed" ? last : null;
  });
  private readonly undecided = computed<ReadonlyMap<number, SliceMask>>(() => {
    const open = this.made.value?.slices.filter(({ fate }) => fate === null) ?? [];
    return new Map(open.map(({ z, runs }) => [z, SliceMask.ofRuns(runs, this.book.size)]));
  });
  /** By slice: what is proposed and not decided on. What somebody drew there since is worth more. */
  readonly masks = computed<ReadonlyMap<number, SliceMask>>(
    () => new Map([...this.undecided.value].filter(([z]) => this.book.at(z)?.isPlain.value)),
  );
  /** The one that can be decided on; null where none is, or nothing of it is open. */
  readonly present = computed(() => (this.masks.value.size > 0 ? this.made.value : null));
  /** The slices of the newest one that were refused, and that nobody drew since. */
  readonly refused = computed<readonly number[]>(() => {
    const refused = this.made.value?.slices.filter(({ fate }) => fate === "refused") ?? [];
    return refused.map(({ z }) => z).filter((z) => this.book.at(z)?.isPlain.value === true);
  });
  /** By proposal and slice: what was said of it last, and under which key. */
  private readonly keys = new Map<string, { readonly fate: Fate; readonly key: string }>();
  /** What was said, and is not known to have been taken in here. */
  private said: readonly Said[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private hasStopped = false;

  constructor(
    private readonly book: SliceBook,
    private readonly urls: ProposalUrls,
    private readonly transport: ProposalTransport,
    private readonly drawing: Drawing,
    private readonly onTrouble: (error: unknown) => void,
  ) {
    this.all = signal(inOrder(book.easel.proposals));
    this.pollSoon();
  }

  /** Asks for the slices that nobody drew; what is drawn is sent before, for it is made from that. */
  async ask(method: string): Promise<void> {
    if (this.awaited.peek() === null && !this.isBusy.peek()) {
      await this.busily(async () => {
        const body = { key: uuid4(), method, reach: null };
        this.take(parseProposal(await this.transport.postJson(this.urls.proposals, body)));
        this.pollSoon();
      });
    }
  }

  async cancel(): Promise<void> {
    const awaited = this.awaited.peek();
    if (awaited !== null) {
      const url = `${this.urls.proposals}/${awaited.id}/cancel`;
      await this.busily(async () => {
        this.take(parseProposal(await this.transport.postJson(url, {})));
      });
    }
  }

  /** Accepts or refuses what is proposed for some slices; whether that was done. */
  async decide(zs: readonly number[], accept: boolean): Promise<boolean> {
    if (this.said.length > 0) {
      await this.busily(async () => undefined); // takes in what became of that
    }
    const { value: proposal } = this.present;
    const open = zs.filter((z) => this.masks.peek().has(z));
    if (proposal === null || open.length === 0) {
      return false;
    }
    const after = accept ? "accepted" : "refused";
    const step = stepOf(proposal.id, open, { before: null, after });
    this.book.history.add(step); // at once: what is drawn while the server answers came later
    await this.say(proposal.id, open, after);
    const done = open.filter((z) => this.fateOf(proposal.id, z) === after);
    if (this.said.length === 0) {
      this.book.history.settle(step, done, []);
    }
    return done.length > 0;
  }

  /** Has slices open again that were refused; a step itself. */
  async takeBackRefusals(zs: readonly number[]): Promise<void> {
    const { value: proposal } = this.made;
    const refused = zs.filter((z) => this.refused.peek().includes(z));
    if (proposal !== null && refused.length > 0) {
      await this.say(proposal.id, refused, null);
      const done = refused.filter((z) => this.fateOf(proposal.id, z) === null);
      if (done.length > 0) {
        this.book.history.add(stepOf(proposal.id, done, { before: "refused", after: null }));
      }
    }
  }

  /** Says of slices of a proposal what becomes of them, or (null) that they are open again. What was
   * accepted is then as it was before. What came of it, `fateOf` tells. */
  async say(id: number, zs: readonly number[], fate: Fate): Promise<void> {
    await this.busily(async () => {
      const other = zs.filter((z) => this.fateOf(id, z) !== fate);
      if (other.length > 0) {
        await this.drawing.holding(other, () => this.tell(id, other, fate));
      }
    });
  }

  /** What has become of a slice of a proposal, as far as it is known here. */
  fateOf(id: number, z: number): Fate | undefined {
    const proposal = this.all.peek().find((one) => one.id === id);
    return proposal?.slices.find((one) => one.z === z)?.fate;
  }

  stop(): void {
    this.hasStopped = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
  }

  private async tell(id: number, zs: readonly number[], fate: Fate): Promise<void> {
    const said = zs.map((z) => {
      const base = this.book.at(z)?.known.peek().number ?? 0;
      return { z, fate, base, key: this.keyOf(id, z, fate) };
    });
    this.said = said;
    const slices = said.map(({ z, base, key }) =>
      fate === null ? { z, base, key } : { z, accept: fate === "accepted", base, key },
    );
    const url = `${this.urls.proposals}/${id}/${fate === null ? "take-back" : "decide"}`;
    try {
      this.take(parseProposal(await twice(() => this.transport.postJson(url, { slices }))));
    } catch (error) {
      if (error instanceof HttpError && error.status === CONFLICT) {
        await this.catchUp().catch(() => null); // the others of the request are decided
      }
      throw error;
    }
    await this.catchUp();
  }

  /** Takes in what is decided, and what slices are by that. */
  private async catchUp(): Promise<void> {
    const easel = parseEasel(await twice(() => this.transport.getJson(this.urls.easel)));
    const own = this.said.filter(({ z, fate, base }) => {
      const state = easel.slices.find((one) => one.z === z);
      return state?.origin === BECOMES[fate ?? "open"] && state.number === base + 1;
    });
    batch(() => {
      this.all.value = inOrder(easel.proposals);
      this.drawing.catchUp(easel.slices, new Set(own.map(({ z }) => z)));
    });
    this.said = [];
  }

  /** The same until something else is said: what is sent twice becomes one version. */
  private keyOf(id: number, z: number, fate: Fate): string {
    const place = `${id} ${z}`;
    const known = this.keys.get(place);
    const key = known?.fate === fate ? known.key : uuid4();
    this.keys.set(place, { fate, key });
    return key;
  }

  private async busily(run: () => Promise<void>): Promise<void> {
    this.isBusy.value = true;
    try {
      if (!(await this.drawing.flush())) {
        throw new NotSavedError(this.drawing.obstacle);
      }
      if (this.said.length > 0) {
        await this.catchUp();
      }
      await run();
    } catch (error) {
      this.onTrouble(error);
    } finally {
      this.isBusy.value = false;
    }
  }

  private take(proposal: Proposal): void {
    const others = this.all.peek().filter(({ id }) => id !== proposal.id);
    this.all.value = inOrder([...others, proposal]);
  }

  private pollSoon(): void {
    if (this.awaited.peek() !== null && !this.hasStopped) {
      this.timer = setTimeout(() => void this.poll(), POLL_MS);
    }
  }

  private async poll(): Promise<void> {
    try {
      this.all.value = inOrder(
        parseProposals(await this.transport.getJson(this.urls.proposals)),
      );
    } catch (error) {
      if (!isTransient(error)) {
        this.onTrouble(error);
        return;
      }
    }
    this.pollSoon();
  }
}

function stepOf(proposal: number, zs: readonly number[], fate: FatesStep["fate"]): FatesStep {
  return { kind: "fates", id: Symbol(), proposal, zs, fate };
}

function inOrder(proposals: readonly Proposal[]): readonly Proposal[] {
  return [...proposals].sort((one, other) => one.id - other.id);
}
