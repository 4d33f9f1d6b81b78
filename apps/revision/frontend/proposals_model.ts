/** Slices that a computation proposes: asking for them, looking at them, taking or refusing them. */

import { computed, signal } from "@preact/signals";

import { isTransient } from "../../core/frontend/http";
import { uuid4 } from "../../core/frontend/uuid";
import { parseEasel, parseProposal, parseProposals, type Proposal } from "./contract";
import { SliceMask } from "./drawing/slice_mask";
import type { SliceBook } from "./slice_book";

const POLL_MS = 1000;

interface ProposalTransport {
  postJson(url: string, body: unknown): Promise<unknown>;
  getJson(url: string): Promise<unknown>;
}

interface ProposalUrls {
  readonly proposals: string;
  readonly easel: string;
}

export class ProposalsModel {
  readonly all;
  /** Whether one is being asked for or decided on. */
  readonly isBusy = signal(false);
  /** The one that is being made; null where none is. */
  readonly awaited = computed(
    () => this.all.value.find(({ status }) => status === "waiting" || status === "running") ?? null,
  );
  /** The newest one that can be decided on. */
  readonly present = computed(
    () => this.all.value.findLast((one) => one.status === "ready" && isOpen(one)) ?? null,
  );
  /** The newest of all, where it failed: to say why. */
  readonly failed = computed(() => {
    const last = this.all.value.at(-1);
    return last?.status === "failed" ? last : null;
  });
  /** By slice: what is proposed and not decided on. */
  readonly masks = computed<ReadonlyMap<number, SliceMask>>(() => {
    const open = this.present.value?.slices.filter(({ fate }) => fate === null) ?? [];
    return new Map(open.map(({ z, runs }) => [z, SliceMask.ofRuns(runs, this.book.size)]));
  });
  private timer: ReturnType<typeof setTimeout> | null = null;
  private hasStopped = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly book: SliceBook,
    private readonly urls: ProposalUrls,
    private readonly transport: ProposalTransport,
    /** Sends what is drawn; whether the server has all of it. */
    private readonly flush: () => Promise<boolean>,
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

  /** Runs when what was decided before is done: a quick hand decides on one slice after another. */
  inTurn<Value>(run: () => Promise<Value>): Promise<Value> {
    const result = this.turn.then(run);
    this.turn = result.catch(() => null);
    return result;
  }

  /** Accepts or refuses what is proposed for some slices; whether that was done. */
  async decide(zs: readonly number[], accept: boolean): Promise<boolean> {
    const { present, masks } = this;
    const proposal = present.peek();
    const open = zs.filter((z) => masks.peek().has(z));
    if (proposal === null || open.length === 0) {
      return false;
    }
    return this.busily(async () => {
      const slices = open.map((z) => {
        const base = this.book.at(z)?.known.peek().number ?? 0;
        return { z, accept, base, key: uuid4() };
      });
      const url = `${this.urls.proposals}/${proposal.id}/decide`;
      this.take(parseProposal(await this.transport.postJson(url, { slices })));
      if (accept) {
        await this.refresh(open);
      }
    });
  }

  stop(): void {
    this.hasStopped = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
  }

  /** What was accepted is a version of its slice now. */
  private async refresh(zs: readonly number[]): Promise<void> {
    const easel = parseEasel(await this.transport.getJson(this.urls.easel));
    easel.slices.filter(({ z }) => zs.includes(z)).forEach((state) => this.book.take(state));
  }

  private async busily(run: () => Promise<void>): Promise<boolean> {
    this.isBusy.value = true;
    try {
      if (!(await this.flush())) {
        return false;
      }
      await run();
      return true;
    } catch (error) {
      this.onTrouble(error);
      return false;
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

function isOpen({ slices }: Proposal): boolean {
  return slices.some(({ fate }) => fate === null);
}

function inOrder(proposals: readonly Proposal[]): readonly Proposal[] {
  return [...proposals].sort((one, other) => one.id - other.id);
}
