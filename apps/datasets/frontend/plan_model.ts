/** A plan on its way: what one says is sent as it is said, what is found out is asked for. */

import { signal } from "@preact/signals";

import { pause } from "../../core/frontend/backoff";
import { getNews, HttpError, NetworkError, sendAny } from "../../core/frontend/http";
import { poll } from "../../core/frontend/polling";
import { recordOf } from "../../core/frontend/readers";
import {
  NO_VOLUME,
  parsePlan,
  type Plan,
  type Setting,
  type TableSettings,
  type VolumeSettings,
} from "./plan_contract";

const SOON_MS = 400;
const FAILED_MS = 2000;

/** The field of the page that a field of the request stands for. */
export function fieldOf(path: string): string {
  const names = path.split(".").filter((name) => !/^\d+$/.test(name));
  const [first = "", second = ""] = names;
  if (first === "table") {
    const isOwn = ["resolution", "name", "secret"].includes(second); // volumes and the dataset have them, too
    return isOwn ? `table_${second}` : second === "path" || second === "" ? "table" : second;
  }
  return second === "" || second === "address" ? first : `${first}_${second}`;
}

type Part = Readonly<Record<string, unknown>>;

interface Said {
  readonly value: unknown;
  /** Where it is said. */
  readonly field: string;
}

export class PlanModel {
  /** The plan as the server knows it, with what was said since. */
  readonly plan = signal<Plan | null>(null);
  /** Why something was refused at once, as the server says it. What was said is shown, but not kept. */
  readonly refused = signal<Readonly<Record<string, string>>>({});
  /** What went wrong that belongs to no field. */
  readonly trouble = signal("");
  /** Whether problems of what is not given yet are shown, too. */
  readonly tried = signal(false);
  /** What was asked for and begins when all has been looked at: save, preview or nothing. */
  readonly awaited = signal("");
  private answered: Part | null = null;
  /** What the server has not taken yet: parts of the settings by their names. */
  private said: Readonly<Record<string, Said>> = {};
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
  change(part: Part, field: string): Promise<void> {
    this.believe(part, field);
    return this.send("", "PATCH", part, field, part);
  }

  /** The same of something about the table, beside what was said of it before. */
  changeTable(part: Partial<TableSettings>, field: string): Promise<void> {
    return this.change({ table: { ...this.plan.peek()?.settings.table, ...part } }, field);
  }

  /** The same of a volume; one that need not be there goes with its address. */
  changeVolume(kind: string, part: Partial<VolumeSettings>, field: string): Promise<void> {
    const isLeftOut = part.address === "" && !this.setting.needed.includes(kind);
    const given = this.plan.peek()?.settings.volumes[kind] ?? NO_VOLUME;
    return this.change({ [kind]: isLeftOut ? null : { ...given, ...part } }, field);
  }

  /** Takes the place of a path. */
  async upload(file: File): Promise<void> {
    const form = new FormData();
    form.append("file", file);
    const part = { table: { ...this.plan.peek()?.settings.table, path: "" } };
    this.believe(part, "table");
    await this.send("/file", "POST", form, "table", part);
    this.forget(part);
    this.show();
  }

  forgetFile(): Promise<void> {
    return this.send("/file", "DELETE", {}, "table");
  }

  /** Once all that was said has been looked at: it may have been said the moment before. */
  async preview(seed: number | null): Promise<void> {
    if (!(await this.settled("preview"))) {
      return;
    }
    await this.send("/preview", "POST", seed === null ? {} : { seed }, "preview");
  }

  /** Likewise. */
  async save(): Promise<void> {
    this.tried.value = true;
    if (!(await this.settled("save"))) {
      return;
    }
    await this.send("/save", "POST", {}, "save");
  }

  /** Whether all that is shown is kept: what was not taken before is sent once more. */
  private async settled(what: string): Promise<boolean> {
    this.awaited.value = what;
    await this.sending;
    for (const [name, { value, field }] of Object.entries(this.said)) {
      await this.change({ [name]: value }, field);
    }
    const isKept = Object.keys(this.said).length === 0;
    while (isKept && this.plan.peek()?.is_examined === false) {
      await pause(SOON_MS);
    }
    this.awaited.value = "";
    return isKept;
  }

  cancel(): Promise<void> {
    return this.send("/cancel", "POST", {}, "save");
  }

  /** The address of something that belongs to the plan. */
  url(path: string): string {
    return this.setting.plan + path;
  }

  /** One after another: the last that was said is the one that is kept. `part`: what is said. */
  private send(path: string, method: string, body: unknown, field: string, part: Part = {}): Promise<void> {
    this.sent += 1;
    this.sending = this.sending.then(() => this.sendNow(path, method, body, field, part));
    return this.sending;
  }

  private async sendNow(path: string, method: string, body: unknown, field: string, part: Part): Promise<void> {
    try {
      const answer = await sendAny(this.url(path), method, body);
      const { [field]: _, ...others } = this.refused.value;
      this.refused.value = others;
      this.trouble.value = "";
      this.forget(part);
      if (path !== "/preview") {
        this.take(answer);
      }
    } catch (error) {
      if (!(error instanceof HttpError || error instanceof NetworkError)) {
        throw error;
      }
      const at = error instanceof HttpError && error.field !== null ? fieldOf(error.field) : field;
      const sentence = error instanceof HttpError ? error.sentence : error.message;
      this.refused.value = { ...this.refused.value, [at === "file" ? "table" : at]: sentence };
    }
    this.sent += 1;
    this.wake.dispatchEvent(new Event("look"));
  }

  /** Shows it at once: what is said next stands beside it. */
  private believe(part: Part, field: string): void {
    const said = Object.entries(part).map(([name, value]) => [name, { value, field }] as const);
    this.said = { ...this.said, ...Object.fromEntries(said) };
    this.show();
  }

  /** What the server has taken, where nothing newer has been said. */
  private forget(part: Part): void {
    this.said = Object.fromEntries(
      Object.entries(this.said).filter(([name, { value }]) => !(name in part && part[name] === value)),
    );
  }

  private take(body: unknown): void {
    this.answered = recordOf(body, "plan");
    this.show();
  }

  private show(): void {
    if (this.answered === null) {
      return;
    }
    const said = Object.entries(this.said).map(([name, { value }]) => [name, value] as const);
    const settings = { ...recordOf(this.answered["settings"], "plan.settings"), ...Object.fromEntries(said) };
    const given = Object.entries(settings).filter(([, value]) => value !== null);
    this.plan.value = parsePlan({ ...this.answered, settings: Object.fromEntries(given) }, this.setting.kinds);
  }
}
