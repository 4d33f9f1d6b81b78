/** The versions of a slice: which there were, which holds, and having one of them again. */

import { computed, signal } from "@preact/signals";

import { HttpError } from "../../core/frontend/http";
import { uuid4 } from "../../core/frontend/uuid";
import type { Transport } from "../../proofreading/frontend/transport";
import { parseKept, parseVersions, type Version } from "./contract";
import type { EaselSession } from "./easel_session";
import { plainSentence } from "./plain";
import { NotSavedError } from "./saving/not_saved";
import { twice } from "./saving/twice";
import type { Slice } from "./slice_book";

const CONFLICT = 409;

export class VersionsModel {
  /** The newest first; null before they have come. */
  readonly versions = signal<readonly Version[] | null>(null);
  /** The number before which there are earlier ones; null where there are none. */
  readonly before = signal<number | null>(null);
  /** What went wrong, as a sentence. */
  readonly told = signal("");
  readonly isBusy = signal(false);
  /** The number of the version that holds. */
  readonly held = computed(() => holding(this.versions.value)?.number ?? this.slice.known.value.number);

  constructor(
    private readonly session: EaselSession,
    private readonly slice: Slice,
    private readonly transport: Pick<Transport, "getJson" | "postJson">,
  ) {}

  /** Asks for the newest ones. What is drawn is saved before: it is a version, too. */
  async open(): Promise<void> {
    await this.trying(async () => {
      const isSaved = await this.session.flush();
      await this.bring();
      if (!isSaved) {
        throw new NotSavedError(this.session.obstacle);
      }
    });
  }

  async bringEarlier(): Promise<void> {
    const before = this.before.peek();
    if (before !== null) {
      await this.trying(async () => {
        const page = await this.ask(`&before=${before}`);
        this.versions.value = [...(this.versions.peek() ?? []), ...page.versions];
        this.before.value = page.before;
      });
    }
  }

  /** Has a slice again as it was; whether there is nothing left to look at here. */
  async restore(version: Version): Promise<boolean> {
    await this.trying(async () => {
      if (!(await this.session.flush())) {
        throw new NotSavedError(this.session.obstacle);
      }
      try {
        await this.send(version);
      } catch (error) {
        await this.heed(error);
        throw error;
      }
    });
    return this.told.peek() === "" || this.session.lost.value !== "";
  }

  private async send({ number, runs }: Version): Promise<void> {
    const { z } = this.slice;
    const body = { z, version: number, base: this.slice.known.peek().number, key: uuid4() };
    const { restore } = this.session.revised.urls;
    const answer = await twice(() => this.transport.postJson(restore, body));
    const stored = parseKept(answer).find((one) => one.z === z);
    if (stored !== undefined) {
      const at = new Date().toISOString();
      const state = { z, number: stored.number, runs, origin: "restored", by: null, at };
      this.session.book.takeChosen(state);
    }
  }

  /** Where another version is newer, that one is shown: who restores then has seen it. */
  private async heed(error: unknown): Promise<void> {
    if (error instanceof HttpError && error.status === CONFLICT) {
      const { held } = (error.details ?? {}) as { readonly held?: unknown };
      if (held === true) {
        await this.bring();
      } else {
        this.session.heed(error);
      }
    }
  }

  private async bring(): Promise<void> {
    const page = await this.ask("");
    this.versions.value = page.versions;
    this.before.value = page.before;
    const newest = holding(page.versions);
    if (newest !== null) {
      const { number, runs, origin, by, at } = newest;
      const state = { z: this.slice.z, number, runs, origin, by, at };
      this.session.catchUp([state], new Set());
    }
  }

  private async ask(more: string) {
    const { versions } = this.session.revised.urls;
    return parseVersions(await this.transport.getJson(`${versions}?z=${this.slice.z}${more}`));
  }

  private async trying(run: () => Promise<void>): Promise<void> {
    if (this.isBusy.peek()) {
      return;
    }
    this.isBusy.value = true;
    this.told.value = "";
    try {
      await run();
    } catch (error) {
      this.told.value = plainSentence(error);
      if (error instanceof HttpError && error.code === "stale_lease") {
        this.session.heed(error); // it is not shown any more, for somebody else has it
      }
    } finally {
      this.isBusy.value = false;
    }
  }
}

/** The one that holds: the newest that did not come late; null where none of these. */
function holding(versions: readonly Version[] | null): Version | null {
  return versions?.find(({ late }) => !late) ?? null;
}
