/** A person on the way along a section, looking for missed synapses. */

import { computed, signal } from "@preact/signals";

import type { PageSection, Triple } from "./contract";
import type { MarkKeeper } from "./marks";
import { Path } from "./path";
import { MARKS, middleOf, UNSEEN, UNSEEN_SENTENCE, voxelAt, type ViewerFrame } from "./viewer_frame";

export const STEPS_NM = [250, 500, 1000, 2000, 5000] as const;
const USUAL_STEP_NM = 1000;

export class SearchWalk {
  readonly path: Path;
  /** How far along the section the view is, in nm. */
  readonly atNm = signal(0);
  readonly stepNm = signal<number>(USUAL_STEP_NM);
  readonly isReady = signal(false);
  /** Whether the page is held and not being handed in. */
  readonly mayMark = signal(true);
  /** What is told of the last thing that was done, for those who do not see the view. */
  readonly told = signal("");
  /** Why nothing was marked, until something else is done. */
  readonly refused = signal("");
  readonly isAtEnd = computed(() => this.atNm.value >= this.path.lengthNm);
  private viewer: ViewerFrame | null = null;
  private turn = 0;

  constructor(
    readonly section: PageSection,
    private readonly marks: MarkKeeper,
    private readonly note: () => void,
  ) {
    this.path = new Path(section.path_nm);
  }

  /** From now on this frame is looked through, and the one before no longer. */
  lookThrough(viewer: ViewerFrame): void {
    this.viewer?.stop();
    this.viewer = viewer;
    this.showMarks();
  }

  /** The view was moved, by whomever. */
  moved(): void {
    cancelAnimationFrame(this.turn);
    this.turn = requestAnimationFrame(() => {
      const centre = this.viewer?.centreNm ?? null;
      if (centre !== null) {
        this.isReady.value = true;
        this.atNm.value = this.path.nearest(centre);
      }
    });
  }

  goTo(nm: number): void {
    this.note();
    this.refused.value = "";
    const at = Math.min(this.path.lengthNm, Math.max(0, nm));
    this.atNm.value = at;
    this.viewer?.moveTo(this.path.at(at));
  }

  step(by: 1 | -1): void {
    this.goTo(this.atNm.value + by * this.stepNm.value);
  }

  /** Marks the place under the pointer, else the one in the middle. */
  mark(): void {
    const place = this.mayMark.value ? (this.viewer?.placeNm() ?? null) : null;
    if (place === null) {
      return;
    }
    this.note();
    this.refused.value = place === UNSEEN ? UNSEEN_SENTENCE : "";
    if (place === UNSEEN) {
      return;
    }
    const { position } = this.marks.add(voxelAt(place, this.section.voxel_nm));
    this.showMarks();
    this.told.value = `Marked at ${position.join(", ")}.`;
  }

  remove(key: string): void {
    this.note();
    this.marks.remove(key);
    this.showMarks();
    this.told.value = "The mark is removed.";
  }

  lookAt(position: Triple): void {
    this.note();
    this.viewer?.moveTo(middleOf(position, this.section.voxel_nm));
  }

  showMarks(): void {
    const points = this.marks.shown.value.map(({ key, position, note }) => ({
      id: key,
      nm: middleOf(position, this.section.voxel_nm),
      words: note,
    }));
    this.viewer?.show(MARKS, points);
  }

  stop(): void {
    cancelAnimationFrame(this.turn);
    this.viewer?.stop();
    this.viewer = null;
  }
}
