/** Another tab was first: what both said is named, and the person chooses. */

import type { Category } from "../contract";
import type { KeyMap } from "../key_map";
import type { Said } from "../labels";
import { wordsOf } from "../reasons";
import type { TileModel } from "../tile_model";

interface RefusedProps {
  readonly class: string;
  readonly tile: TileModel;
  readonly categories: readonly Category[];
  readonly keys: KeyMap;
  /** Says what was said here after all. */
  readonly set: (said: Said) => void;
}

export function Refused({ class: name, tile, categories, keys, set }: RefusedProps) {
  const said = tile.refused.value;
  if (said === null) {
    return null;
  }
  const present = wordsOf(tile.said.value, categories);
  const mine = wordsOf(said, categories);
  return (
    <div class={name} role="alert">
      <p>
        Another tab said {present}, you said {mine} here.
      </p>
      <button
        type="button"
        class="button"
        title={keys.titled("Keep what was said there", "keep-other")}
        onClick={() => (tile.refused.value = null)}
      >
        Keep {present}
      </button>
      <button
        type="button"
        class="button"
        title={keys.titled("Set what you said here", "set-mine")}
        onClick={() => set(said)}
      >
        Set {mine}
      </button>
    </div>
  );
}
