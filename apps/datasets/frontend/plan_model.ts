/** A plan on its way: what one says is sent as it is said, what is found out is asked for. */

import { signal } from "@preact/signals";

import { pause } from "../../core/frontend/backoff";
import { getNews, HttpError, NetworkError, sendAny } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";
import { parsePlan, type Plan, type Setting } from "./plan_contract";

const SOON_MS = 400;
const FAILED_MS = 2000;

/** The field of the page that a field of the request stands for. */
export function fieldOf(path: string): string {
  const names = path.split(".").filter((name) => !/^\d+$/.test(name));
  const [first = "", second = ""] = names;
  if (first === "table") {
    return second === "resolution" ? "table_resolution" : second === "path" || second === "" ? "table" : second;
  }
  return second === "" || second === "address" ? first : `${first}_${second}`;
}

export class PlanModel {
  readonly plan = signal<Plan | null>(null);
  /** What was refused at once and is therefore not kept. */
  readonly refused = signal<Readonly<Record<string, string>>>({});
  /** What went wrong that belongs to no field. */
  readonly trouble = signal("");
  /** Whether problems of what is not given yet are shown, too. */
  readonly tried = signal(false);
  /** What was asked for and begins when all has been looked at: save, preview or nothing. */
  readonly awaited = signal("");
  private readonly wake = new EventTarget();
  private sending: Promise<void> = Promise.resolve();
  /** Counts up when something is sent, and again when it has been answered. */
  private sent = 0;

  constructor(
    readonly setting: Setting,
    private readonly reload: () => void,
  ) {}

  /** Asks for the plan as long as something goes on; rejects when the signal is aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    let before = -1;
    for (;;) {
      await poll(
        {
          ask: async () => {
            before = this.sent;
            const news = await getNews(this.setting.plan, null, { signal });
            if (this.sent !== before) {
              return 0; // something was said meanwhile: the answer may be of before
            }
            this.take(news?.body);
            return this.isMoving ? SOON_MS : null;
          },
          failedMs: FAILED_MS,
          onGone: this.reload,
          onContact: (answers) => (this.trouble.value = answers ? "" : "The server does not answer; it is asked again."),
          wake: this.wake,
        },
        signal,
      );
      if (this.sent !== before) {
        continue;
      }
      await new Promise<void>((resolve, reject) => {
        this.wake.addEventListener("look", () => resolve(), { once: true });
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    }
  }

  get isMoving(): boolean {
    const plan = this.plan.peek();
    return plan !== null && (!plan.is_examined || plan.preview.state === "making" || plan.status === "saving");
  }

  /** Sends a part of the settings; `field` is where it is said. */
  change(part: Readonly<Record<string, unknown>>, field: string): Promise<void> {
    return this.send("", "PATCH", part, field);
  }

  upload(file: File): Promise<void> {
    const form = new FormData();
    form.append("file", file);
    return this.send("/file", "POST", form, "table");
  }

  forgetFile(): Promise<void> {
    return this.send("/file", "DELETE", {}, "table");
  }

  /** Once all that was said has been looked at: it may have been said the moment before. */
  async preview(seed: number | null): Promise<void> {
    await this.settled("preview");
    await this.send("/preview", "POST", seed === null ? {} : { seed }, "preview");
  }

  /** Likewise. */
  async save(): Promise<void> {
    this.tried.value = true;
    await this.settled("save");
    await this.send("/save", "POST", {}, "save");
  }

  private async settled(what: string): Promise<void> {
    this.awaited.value = what;
    await this.sending;
    while (this.plan.peek()?.is_examined === false) {
      await pause(SOON_MS);
    }
    this.awaited.value = "";
  }

  cancel(): Promise<void> {
    return this.send("/cancel", "POST", {}, "save");
  }

  /** The address of something that belongs to the plan. */
  url(path: string): string {
    return this.setting.plan + path;
  }

  /** One after another: the last that was said is the one that is kept. */
  private send(path: string, method: string, body: unknown, field: string): Promise<void> {
    this.sent += 1;
    this.sending = this.sending.then(() => this.sendNow(path, method, body, field));
    return this.sending;
  }

  private async sendNow(path: string, method: string, body: unknown, field: string): Promise<void> {
    try {
      const answer = await sendAny(this.url(path), method, body);
      const { [field]: _, ...others } = this.refused.value;
      this.refused.value = others;
      this.trouble.value = "";
      if (path !== "/preview") {
        this.take(answer);
      }
    } catch (error) {
      if (!(error instanceof HttpError || error instanceof NetworkError)) {
        throw error;
      }
      const at = error instanceof HttpError && error.field !== null ? fieldOf(error.field) : field;
      this.refused.value = { ...this.refused.value, [at === "file" ? "table" : at]: error.message };
    }
    this.sent += 1;
    this.wake.dispatchEvent(new Event("look"));
  }

  private take(body: unknown): void {
    this.plan.value = parsePlan(body, this.setting.kinds);
  }
}
