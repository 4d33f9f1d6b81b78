/** The section on which a person rests in the map: its page is rendered before they go there. */

/** Whoever sweeps over the map rests nowhere so long. */
const REST_MS = 200;
/** What is rendered is kept for hours, but who works there changes. */
const AGAIN_MS = 60_000;

export class LookAhead {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly askedAtMs = new Map<number, number>();

  /** `ask` has the page of a section rendered; where it fails nobody is worse off. */
  constructor(private readonly ask: (section: number) => Promise<unknown>) {}

  /** From now on the person looks at this section; null: at none of which they could be handed a
      page. */
  lookAt(section: number | null): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    if (section === null || Date.now() - (this.askedAtMs.get(section) ?? -AGAIN_MS) < AGAIN_MS) {
      return;
    }
    this.timer = setTimeout(() => {
      this.timer = null;
      this.askedAtMs.set(section, Date.now());
      this.ask(section).catch(() => undefined);
    }, REST_MS);
  }
}
