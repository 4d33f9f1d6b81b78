/** The state that the page was opened with, and what has become of it. */

export type State = Readonly<Record<string, unknown>>;

/** What is used of a data source of a layer. */
export interface SourceLike {
  readonly spec: { readonly url: string };
  readonly loadState: { readonly error?: unknown } | undefined;
}

/** What is used of Neuroglancer's viewer. */
export interface ViewerLike {
  readonly state: { reset(): void; restoreState(state: unknown): void; toJSON(): unknown };
  readonly layerManager: {
    readonly managedLayers: readonly {
      readonly name: string;
      readonly layer: { readonly dataSources: readonly SourceLike[] } | null;
    }[];
  };
}

/** How many chunks could not be read, by the address of what they are of. */
export type Failures = ReadonlyMap<string, number>;

const LOOK_EVERY_MS = 500;
const MOST_REPAIRS = 3;

/** The state in a fragment `#!…`; none where there is no such, or it is no state. */
export function stateOf(hash: string): State | null {
  if (!hash.startsWith("#!{") && !hash.startsWith("#!%7B")) {
    return null;
  }
  try {
    const state: unknown = JSON.parse(decodeURIComponent(hash.slice(2)));
    return typeof state === "object" && state !== null ? (state as State) : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof URIError) {
      return null; // Neuroglancer says what is wrong with it
    }
    throw error;
  }
}

/** Names of the layers that a state has. */
export function layersOf(state: State): readonly string[] {
  const layers = state["layers"];
  return Array.isArray(layers) ? layers.map((layer) => String(layer?.name)) : [];
}

export class KeptView {
  private repairs = 0;
  private timer: ReturnType<typeof setInterval> | null = null;
  private touched = false;
  private told = "";
  private failures: Failures = new Map();
  private counting = false;

  constructor(
    private readonly viewer: ViewerLike,
    private readonly state: State | null,
    private readonly onTroubles: (sentences: readonly string[]) => void,
    /** Takes away what Neuroglancer said of layers that are put back. */
    private readonly onRepair: () => void = () => undefined,
    private readonly countFailures: () => Promise<Failures> = async () => new Map(),
  ) {}

  /** Goes back to the state that the page was opened with. */
  reset(): void {
    if (this.state !== null) {
      // Restoring alone keeps what the state does not name.
      this.viewer.state.reset();
      this.viewer.state.restoreState(this.state);
    }
  }

  /** The address of what is shown now. */
  link(page: { readonly origin: string; readonly pathname: string }): string {
    const state = JSON.stringify(this.viewer.state.toJSON(), (_, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    );
    return `${page.origin}${page.pathname}#!${encodeURIComponent(state)}`;
  }

  /**
   * Looks after the view: tells of volumes that cannot be read, and until the person does something
   * puts back layers that got lost while the page began.
   */
  watch(): void {
    const touch = () => (this.touched = true);
    for (const deed of ["pointerdown", "keydown"]) {
      window.addEventListener(deed, touch, { once: true, capture: true });
    }
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    if (this.timer !== null) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }

  look(): void {
    void this.count();
    const lost = this.lostLayers();
    if (lost.length > 0 && !this.touched && this.repairs < MOST_REPAIRS) {
      this.repairs += 1;
      this.onRepair();
      this.reset();
      return;
    }
    const sentences = this.troubles();
    if (lost.length > 0 && !this.touched) {
      sentences.push(`Not shown: ${lost.join(", ")}. “Reset view” tries again.`);
    }
    const told = sentences.join("\n");
    if (told !== this.told) {
      this.told = told;
      this.onTroubles(sentences);
    }
  }

  /** What is counted is told at the next look. */
  private async count(): Promise<void> {
    if (this.counting) {
      return;
    }
    this.counting = true;
    try {
      this.failures = await this.countFailures();
    } finally {
      this.counting = false;
    }
  }

  private lostLayers(): readonly string[] {
    const shown = new Set(this.viewer.layerManager.managedLayers.map((layer) => layer.name));
    return this.state === null ? [] : layersOf(this.state).filter((name) => !shown.has(name));
  }

  private troubles(): string[] {
    const sentences = [];
    for (const { name, layer } of this.viewer.layerManager.managedLayers) {
      for (const { spec, loadState } of layer?.dataSources ?? []) {
        if (loadState?.error !== undefined) {
          sentences.push(`${name}: ${reasonOf(loadState.error, spec.url)}`);
        }
        const failed = failedOf(this.failures, spec.url);
        if (failed > 0) {
          sentences.push(`${name}: ${emptySentence(spec.url, failed)}`);
        }
      }
    }
    return sentences;
  }
}

/** This server's own source of skeletons, a part of which is a neuron's. */
const SKELETONS = /\/skeletons\/\d+\/?(\|.*)?$/;

/** What is not shown, as far as one knows: a skeleton may be made only later. */
function emptySentence(url: string, failed: number): string {
  if (SKELETONS.test(url)) {
    return `there is none yet of ${failed === 1 ? "one neuron" : `${failed} neurons`} shown.`;
  }
  const parts = failed === 1 ? "One part" : `${failed} parts`;
  return `${parts} of the volume cannot be read, and ${failed === 1 ? "is" : "are"} left empty.`;
}

/** Of the chunks that could not be read, those of a volume and its scales. */
function failedOf(failures: Failures, url: string): number {
  const volume = url.replace(/^precomputed:\/\//, "").replace(/\|.*$/, "").replace(/\/$/, "");
  let count = 0;
  for (const [address, failed] of failures) {
    count += address === volume || address.startsWith(`${volume}/`) ? failed : 0;
  }
  return count;
}

const REASONS: Readonly<Record<number, string>> = {
  401: "it asks for a login that this browser does not have",
  403: "reading it is not allowed",
  404: "there is none, or you take part in no campaign of it",
};

/** Why a volume cannot be shown, as a sentence. */
export function reasonOf(error: unknown, url: string): string {
  const { message, status } = innermost(error);
  const volume = `The volume at ${url} cannot be read`;
  const number = status ?? Number(/(?:HTTP error|status)\D{0,3}(\d{3})/i.exec(message)?.[1] ?? 0);
  const reason = REASONS[number];
  if (reason !== undefined) {
    return `${volume}: ${reason} (${number}).`;
  }
  if (number === 0 && /fetch|network/i.test(message)) {
    return (
      `${volume}: it does not answer, or does not allow the pages of other sites to read it ` +
      `(CORS).`
    );
  }
  return `${volume}: ${message}`;
}

/** What is at the bottom of errors that name each other as their cause. */
function innermost(error: unknown): { message: string; status: number | null } {
  let found = error;
  let status: number | null = null;
  const messages: string[] = [];
  while (found instanceof Error) {
    messages.push(found.message);
    const own = (found as Error & { status?: unknown }).status;
    status = typeof own === "number" && own > 0 ? own : status;
    found = found.cause;
  }
  return { message: messages.join(" ") || String(error), status };
}
