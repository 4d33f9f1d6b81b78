/** Which neurons are selected in a Neuroglancer that is shown in a frame. */

import type { State } from "../../datasets/frontend/neuroglancer/asked_view";
import { toNm, type Placed, type Triple } from "../../datasets/frontend/neuroglancer/places";

const NEURONS = "neurons";
const LOOK_EVERY_MS = 300;

/** What is used of Neuroglancer's layers; ids are whole numbers of 64 bits. */
interface Segments {
  keys(): Iterable<bigint>;
  readonly changed: { add(heed: () => void): () => void };
}

interface DisplayState {
  readonly segmentationGroupState: { readonly value: { readonly visibleSegments: Segments } };
  /** What is under the pointer; 0 is no neuron. */
  readonly segmentSelectionState: { readonly value: bigint | undefined };
}

export interface ChooserWindow {
  readonly viewer?: Placed & {
    readonly position: { readonly value: ArrayLike<number> };
    readonly mouseState: { readonly active: boolean; readonly position: ArrayLike<number> };
    readonly layerManager: {
      readonly managedLayers: readonly {
        readonly name: string;
        readonly layer: { readonly displayState?: DisplayState } | null;
      }[];
    };
  };
}

/** The state that shows the dataset with these neurons selected. */
export function choosingState(state: State, ids: readonly string[]): State {
  const layers = Array.isArray(state["layers"]) ? (state["layers"] as readonly State[]) : [];
  const own = layers.map((layer) => {
    if (layer["name"] !== NEURONS) {
      return layer;
    }
    return { ...layer, segments: ids, selectedAlpha: 0.4, notSelectedAlpha: 0.12 };
  });
  return { ...state, layers: own, selectedLayer: { layer: NEURONS, visible: false } };
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

  /** The neuron under the pointer, and the place there in nm; null where there is none. */
  get pointed(): { readonly id: string; readonly nm: Triple } | null {
    const { viewer } = this.frame;
    const id = this.display?.segmentSelectionState.value ?? 0n;
    if (viewer === undefined || !viewer.mouseState.active || id === 0n) {
      return null;
    }
    return { id: String(id), nm: toNm(viewer, viewer.mouseState.position) };
  }

  /** The place in the middle of the view, in nm; null until it is known. */
  get middleNm(): Triple | null {
    const { viewer } = this.frame;
    const isReady = viewer !== undefined && viewer.position.value.length === 3;
    return isReady ? toNm(viewer, viewer.position.value) : null;
  }

  private get display(): DisplayState | null {
    const layers = this.frame.viewer?.layerManager.managedLayers ?? [];
    return layers.find(({ name }) => name === NEURONS)?.layer?.displayState ?? null;
  }

  /** The layer may come late, and anew after a reset of the view. */
  private look(): void {
    const segments = this.display?.segmentationGroupState.value.visibleSegments ?? null;
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
