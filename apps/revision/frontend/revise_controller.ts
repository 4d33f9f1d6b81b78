/** The page "Revise": which instance is held, what is told, which windows are open. */

import { batch, effect, signal } from "@preact/signals";

import { backoffMs } from "../../core/frontend/backoff";
import { HttpError, isSessionEnd, isTransient } from "../../core/frontend/http";
import { KeyMap } from "../../proofreading/frontend/key_map";
import { notice, type Notice } from "../../proofreading/frontend/notices";
import type { OverlayPreferences } from "../../proofreading/frontend/preferences";
import type { KeptValues } from "../../proofreading/frontend/storage";
import type { Transport } from "../../proofreading/frontend/transport";
import { PlainWindow } from "../../proofreading/frontend/windows";
import { REVISE_COMMANDS, type CommandName } from "./commands";
import { parseEasel, parseLeaseAnswer, type LeaseAnswer, type Left, type Revised } from "./contract";
import { EaselSession } from "./easel_session";
import { Pictures } from "./pictures";
import { plainSentence } from "./plain";
import { NotSavedError } from "./saving/not_saved";
import type { Keeping } from "./saving/slice_queue";

const OUTLINE_PLACE = "synanno.original-outline";
const BESIDE_PLACE = "synanno.original-beside";
const LOGIN =
  "You are no longer logged in. What you draw is kept in this browser: log in, then go on.";

/** Why there may be something to do soon, and when it is looked again. */
const PASSING = new Set(["all_held", "not_yet", "paused"]);
const LOOK_AGAIN_MS = 20_000;

/** A success has been read by then. */
const GOOD_FOR_MS = 8000;

/** The server does not take it, and says why: there is nothing to try again. */
const FINAL = new Set([400, 409]);

export type Decision = "mended" | "fine" | "no_synapse" | "unmendable";

export interface ReviseUrls {
  readonly lease: string;
  readonly login: string;
}

/** What is done with the stage, which is there while it is shown. */
export interface StageControl {
  zoom(by: 1 | -1): void;
  fit(): void;
  move(dx: number, dy: number): void;
  pressAtCross(): void;
}

export class ReviseController {
  readonly keys = new KeyMap<CommandName>("revise", REVISE_COMMANDS);
  readonly windows = {
    help: new PlainWindow(),
    keys: new PlainWindow(),
    finish: new PlainWindow(),
    release: new PlainWindow(),
    viewer: new PlainWindow(),
    versions: new PlainWindow(),
    facts: new PlainWindow(),
  };
  readonly notice = signal<Notice | null>(null);
  /** Why the instance could not be finished or put back just now, for the window that asked. */
  readonly refusal = signal<Notice | null>(null);
  /** What is held; null before its easel has come, and where there is none. */
  readonly session = signal<EaselSession | null>(null);
  /** What is being opened: its picture may have to be rendered first. */
  readonly opening = signal<{ readonly revised: Revised; readonly pictures: Pictures } | null>(null);
  /** Why there is nothing to do; null while there is, or while nobody knows. */
  readonly none = signal<{ readonly why: string; readonly sentence: string } | null>(null);
  readonly left = signal<Left | null>(null);
  readonly isBusy = signal(false);
  /** What is said of the instance and not sent yet: a window that is closed loses none of it. */
  readonly draft = {
    decision: signal<Decision | null>(null),
    note: signal(""),
    reason: signal(""),
  };
  readonly showsOutline;
  readonly showsBeside;
  /** What keys do with the picture; null while there is none. */
  stage: StageControl | null = null;
  private failures = 0;
  private turn = 0;
  /** Those that say that something is not saved: they go when all is. */
  private readonly ofUnsaved = new Set<Notice>();
  private stopWatching: () => void = () => undefined;

  constructor(
    private readonly urls: ReviseUrls,
    private readonly transport: Transport,
    private readonly storage: KeptValues,
    private readonly keeping: Keeping,
    readonly overlay: OverlayPreferences,
    /** The one that the address names; null for the next one. */
    private wanted: number | null = null,
    /** The address names none any more. */
    private readonly forgetWanted: () => void = () => undefined,
  ) {
    this.showsOutline = signal(storage.getItem(OUTLINE_PLACE) !== "no");
    this.showsBeside = signal(storage.getItem(BESIDE_PLACE) !== "no");
  }

  /** Whether keys are for a window. The help heeds the one that closes it. */
  get isCovered(): boolean {
    return Object.values(this.windows).some((one) => one.isOpen);
  }

  /** Opens what is held, or the next one. */
  async open(): Promise<void> {
    const turn = (this.turn += 1);
    this.notice.value = null;
    let answer: LeaseAnswer;
    try {
      const body = this.wanted === null ? {} : { revision: this.wanted };
      answer = parseLeaseAnswer(await this.transport.postJson(this.urls.lease, body));
    } catch (error) {
      this.heedOpening(error, turn);
      return;
    }
    this.failures = 0;
    this.none.value = null;
    this.left.value = answer.left;
    if (answer.revision === null) {
      this.none.value = { why: answer.why ?? "none_left", sentence: answer.sentence };
      this.lookAgainLater(turn);
    } else {
      await this.show(answer.revision, turn);
    }
  }

  /** What others put back, or what is settled meanwhile, comes by itself. */
  private lookAgainLater(turn: number): void {
    const why = this.none.peek()?.why ?? "";
    if (PASSING.has(why)) {
      setTimeout(() => turn === this.turn && void this.open(), LOOK_AGAIN_MS);
    }
  }

  /** The next one, instead of that which the address names. */
  async openNext(): Promise<void> {
    this.wanted = null;
    this.forgetWanted();
    await this.open();
  }

  toggleOutline(): void {
    this.showsOutline.value = !this.showsOutline.peek();
    this.storage.setItem(OUTLINE_PLACE, this.showsOutline.peek() ? "yes" : "no");
  }

  toggleBeside(): void {
    this.showsBeside.value = !this.showsBeside.peek();
    this.storage.setItem(BESIDE_PLACE, this.showsBeside.peek() ? "yes" : "no");
  }

  /** Saves what is drawn, now. */
  async save(): Promise<void> {
    await this.session.peek()?.flush();
  }

  /** Says what the instance is now; the next one follows. */
  async finish(decision: Decision, note: string): Promise<boolean> {
    return this.leave("finish", { decision, note });
  }

  /** Puts the instance back for others; the next one follows. */
  async release(reason: string): Promise<boolean> {
    return this.leave("release", { reason });
  }

  noteActivity(): void {
    this.session.peek()?.renewal.noteActivity();
  }

  unsentCount(): number {
    return this.session.peek()?.unsentCount.peek() ?? 0;
  }

  /** Goes on after a trouble that the person has resolved. */
  resume(): void {
    this.notice.value = null;
    if (this.session.peek() === null) {
      void this.open();
    } else {
      this.session.peek()?.resume();
    }
  }

  /** Tells of a success, for a while and where nothing else is told. */
  tellGood(sentence: string): void {
    const close = () => {
      if (this.notice.peek() === good) {
        this.notice.value = null;
      }
    };
    const good: Notice = { ...notice(sentence, "Close", close), isGood: true };
    this.notice.value ??= good;
    setTimeout(close, GOOD_FOR_MS);
  }

  /** Whether the instance has been left. */
  private async leave(way: "finish" | "release", body: unknown): Promise<boolean> {
    const session = this.session.peek();
    if (session === null || this.isBusy.peek()) {
      return false;
    }
    this.isBusy.value = true;
    this.refusal.value = null;
    let told = "";
    try {
      if (!(await session.flush())) {
        throw new NotSavedError(session.obstacle);
      }
      await this.transport.postJson(session.revised.urls[way], body);
    } catch (error) {
      if (!isFinished(error)) {
        session.heed(error);
        this.refusal.value = this.notice.peek();
        return false;
      }
      told = error.message;
    } finally {
      this.isBusy.value = false;
    }
    session.forgetCurves();
    this.close();
    await this.openNext();
    if (told !== "") {
      // Why the next one cannot be opened is worth more.
      this.notice.value ??= notice(told, "Close", () => (this.notice.value = null));
    }
    return true;
  }

  private async show(revised: Revised, turn: number): Promise<void> {
    this.close();
    const { transport } = this;
    const pictures = new Pictures(
      revised.urls.picture,
      (url, options) => transport.getFrames(url, options),
      (error) => this.heed(error),
    );
    this.opening.value = { revised, pictures };
    try {
      const easel = parseEasel(await transport.getJson(revised.urls.easel));
      await pictures.start();
      const original = pictures.original.peek();
      if (original === null || turn !== this.turn) {
        pictures.stop();
        return;
      }
      const session = new EaselSession(revised, easel, original, pictures, {
        transport,
        storage: this.storage,
        keeping: this.keeping,
        overlay: this.overlay,
        showsOutline: this.showsOutline,
        onTrouble: (error) => this.heed(error),
        onLost: (sentence) => this.tellLost(sentence),
      });
      batch(() => {
        this.session.value = session;
        this.opening.value = null;
      });
      this.stopWatching = effect(() => this.forgetUnsaved(session.isAllSaved));
    } catch (error) {
      pictures.stop();
      this.heedOpening(error, turn);
    }
  }

  private forgetUnsaved(isAllSaved: boolean): void {
    if (isAllSaved) {
      for (const place of [this.notice, this.refusal]) {
        const told = place.peek();
        place.value = told !== null && this.ofUnsaved.has(told) ? null : told;
      }
      this.ofUnsaved.clear();
    }
  }

  private close(): void {
    this.stopWatching();
    this.session.peek()?.stop();
    this.opening.peek()?.pictures.stop();
    batch(() => {
      this.session.value = null;
      this.opening.value = null;
      this.refusal.value = null;
      this.draft.decision.value = null;
      this.draft.note.value = this.draft.reason.value = "";
      const { help, keys, ...ofInstance } = this.windows;
      Object.values(ofInstance).forEach((one) => one.close());
    });
  }

  private heedOpening(error: unknown, turn: number): void {
    if (turn !== this.turn) {
      return;
    }
    if (isSessionEnd(error)) {
      this.heed(error);
      return;
    }
    this.notice.value = notice(plainSentence(error), "Try again", () => void this.open());
    if (isTransient(error)) {
      this.failures += 1;
      setTimeout(() => turn === this.turn && void this.open(), backoffMs(this.failures, 1000));
    }
  }

  private heed(error: unknown): void {
    if (isSessionEnd(error)) {
      const link = { title: "Log in", url: this.urls.login, newTab: true };
      const button = { title: "Go on", run: () => this.resume() };
      this.notice.value = { sentence: LOGIN, link, button };
    } else if (error instanceof NotSavedError) {
      // What the server said of it just now is worth more.
      if (this.session.peek()?.hasToldWhy !== true) {
        const unsaved = notice(error.message, "Close", () => (this.notice.value = null));
        this.ofUnsaved.add(unsaved);
        this.notice.value = unsaved;
      }
    } else if (error instanceof HttpError && FINAL.has(error.status)) {
      const close = () => (this.notice.value = null);
      this.notice.value = notice(plainSentence(error), "Close", close);
    } else {
      this.notice.value = notice(plainSentence(error), "Try again", () => this.resume());
    }
  }

  private tellLost(sentence: string): void {
    this.notice.value = notice(sentence, "Go on with the next one", () => void this.openNext());
  }
}

/** Whether the person has finished with it before, in other words: the answer to that got lost. */
function isFinished(error: unknown): error is HttpError {
  return error instanceof HttpError && error.status === 409 && error.field === "decision";
}
