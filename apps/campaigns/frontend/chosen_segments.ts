/** Which neurons are selected in a Neuroglancer that is shown in a frame. */

export type State = Readonly<Record<string, unknown>>;

const NEURONS = "neurons";
const LOOK_EVERY_MS = 300;

/** What is used of Neuroglancer's layers; ids are whole numbers of 64 bits. */
interface Segments {
  keys(): Iterable<bigint>;
  readonly changed: { add(heed: () => void): () => void };
}

export interface ChooserWindow {
  readonly viewer?: {
    readonly layerManager: {
      readonly managedLayers: readonly {
        readonly name: string;
        readonly layer: {
          readonly displayState?: {
            readonly segmentationGroupState: { readonly value: { readonly visibleSegments: Segments } };
          };
        } | null;
      }[];
    };
  };
}

/** The page that shows the dataset with these neurons selected. */
export function choosingAddress(state: State, ids: readonly string[]): string {
  const layers = Array.isArray(state["layers"]) ? (state["layers"] as readonly State[]) : [];
  const own = layers.map((layer) => {
    if (layer["name"] !== NEURONS) {
      return layer;
    }
    return { ...layer, segments: ids, selectedAlpha: 0.4, notSelectedAlpha: 0.12 };
  });
  const shown = { ...state, layers: own, selectedLayer: { layer: NEURONS, visible: false } };
  return `/neuroglancer/#!${encodeURIComponent(JSON.stringify(shown))}`;
}

export class ChosenSegments {
  private readonly timer: ReturnType<typeof setInterval>;
  private segments: Segments | null = null;
  private unwatch: () => void = () => undefined;

  /** `given`: those that were chosen before; they keep their order. `onChange` hears all. */
  constructor(
    private readonly frame: ChooserWindow,
    private readonly given: readonly string[],
    private readonly onChange: (ids: readonly string[]) => void,
  ) {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.look();
  }

  stop(): void {
    clearInterval(this.timer);
    this.unwatch();
  }

  /** The layer may come late, and anew after a reset of the view. */
  private look(): void {
    const layers = this.frame.viewer?.layerManager.managedLayers ?? [];
    const layer = layers.find(({ name }) => name === NEURONS)?.layer ?? null;
    const segments = layer?.displayState?.segmentationGroupState.value.visibleSegments ?? null;
    if (segments !== null && segments !== this.segments) {
      this.unwatch();
      this.segments = segments;
      this.unwatch = segments.changed.add(() => this.tell());
      this.tell();
    }
  }

  private tell(): void {
    const selected = new Set([...(this.segments?.keys() ?? [])].map(String));
    const kept = this.given.filter((id) => selected.has(id));
    this.onChange([...kept, ...[...selected].filter((id) => !kept.includes(id))]);
  }
}
