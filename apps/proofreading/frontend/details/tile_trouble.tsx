/** What a tile says where its picture does not come, or shows nothing of the synapse. */

import type { ComponentChildren } from "preact";

import type { KeyMap } from "../key_map";
import { isBeyondJudging } from "../said";
import type { TileModel } from "../tile_model";
import type { Desk } from "./desk";

interface TroubleProps {
  readonly tile: TileModel;
  readonly keys: KeyMap;
  /** Asks again for the picture. */
  readonly retry: () => void;
  /** What else can be done. */
  readonly children?: ComponentChildren;
}

/** Remarks that concern what is judged; those of borders are in the details. */
const TOLD_ON_TILES = new Set(["outside", "no mask"]);

const SHORT: Readonly<Record<string, string>> = {
  outside: "Outside the image",
  "no mask": "No mask here",
};

export function Trouble({ tile, keys, retry, children }: TroubleProps) {
  const status = tile.status.value;
  if (status.kind === "loading") {
    return <span class="tile__loading" role="status" aria-label="Loading" />;
  }
  if (status.kind === "ready") {
    return <Remarks tile={tile}>{children}</Remarks>;
  }
  return (
    <div class="tile__trouble" role="alert">
      <span class="tile__trouble-sign" aria-hidden="true">
        ⚠
      </span>
      <p title={status.sentence}>{status.sentence}</p>
      <div class="tile__trouble-deeds">
        <button
          type="button"
          class="button"
          title={keys.titled("Ask again for the picture", "retry")}
          onClick={retry}
        >
          Retry
        </button>
        {children}
      </div>
    </div>
  );
}

function Remarks({ tile, children }: Pick<TroubleProps, "tile" | "children">) {
  const remarks = tile.stack.value?.remarks ?? [];
  const told = remarks.filter(({ kind }) => TOLD_ON_TILES.has(kind));
  if (told.length === 0 || tile.refused.value !== null) {
    return null;
  }
  return (
    <div class="tile__remark">
      <span title={told.map(({ sentence }) => sentence).join(" ")}>
        <span aria-hidden="true">⚠ </span>
        {told.map(({ kind }) => SHORT[kind] ?? kind).join(". ")}
      </span>
      {children}
    </div>
  );
}

interface CannotProps {
  readonly desk: Pick<Desk, "keys" | "judging">;
  readonly tile: TileModel;
}

/** The button that says so, and takes it back; nothing where that cannot be said now. */
export function CannotJudge({ desk, tile }: CannotProps) {
  if (tile.locked.value !== null) {
    return null;
  }
  const isSaid = isBeyondJudging(tile.said.value);
  return (
    <button
      type="button"
      class="button"
      aria-pressed={isSaid}
      title={desk.keys.titled("Unsure, since nothing to be judged is to be seen", "cannot-judge")}
      onClick={() => desk.judging.cannotJudge(tile)}
    >
      Cannot be judged
    </button>
  );
}

/** What a screen reader is told of it; empty where there is nothing to tell. */
export function troubleOf(tile: TileModel): string {
  const status = tile.status.value;
  if (status.kind === "unreadable") {
    return `, cannot be judged until it can be shown. ${status.sentence}`;
  }
  return remarksOf(tile);
}

/** What is not as usual in its picture, behind a sentence; empty where there is nothing to tell. */
export function remarksOf(tile: TileModel): string {
  const sentences = (tile.stack.value?.remarks ?? []).map(({ sentence }) => sentence);
  return sentences.length === 0 ? "" : `. ${sentences.join(" ")}`;
}
