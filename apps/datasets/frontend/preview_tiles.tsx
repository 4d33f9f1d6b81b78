/** Instances of a preview, drawn as a page draws them. */

import { useEffect, useRef, useState } from "preact/hooks";

import { backoffMs, pause } from "../../core/frontend/backoff";
import { getFrames, isTransient } from "../../core/frontend/http";
import { LEFT } from "../../core/frontend/leaving";
import { parseTilePart } from "../../proofreading/frontend/contract";
import { CutoutStack } from "../../proofreading/frontend/cutout_stack";
import { TileCanvas } from "../../proofreading/frontend/tile_canvas";
import type { Instance } from "./plan_contract";

const OPACITY = 0.4;
const MOST_ROUNDS = 60;

interface Shown {
  readonly stacks: ReadonlyMap<string, CutoutStack>;
  readonly troubles: ReadonlyMap<string, string>;
  /** Counts up with each part that arrives. */
  readonly round: number;
}

const NOTHING: Shown = { stacks: new Map(), troubles: new Map(), round: 0 };

export function PreviewTiles({ url, instances }: { readonly url: string; readonly instances: readonly Instance[] }) {
  const [shown, setShown] = useState(NOTHING);
  const keys = instances.map((each) => each.key).join(" ");
  useEffect(() => {
    const leaving = new AbortController();
    setShown(NOTHING);
    const stacks = new Map<string, CutoutStack>();
    const troubles = new Map<string, string>();
    let round = 0;
    const tell = () => setShown({ stacks, troubles, round: (round += 1) });
    fetchAll(url, stacks, troubles, keys.split(" ").length, tell, leaving.signal).catch((error: unknown) => {
      if (!leaving.signal.aborted) {
        throw error;
      }
    });
    return () => {
      leaving.abort(LEFT);
      stacks.forEach((stack) => stack.close());
    };
  }, [url, keys]);
  return (
    <ul class="previews">
      {instances.map((each) => (
        <li key={each.key}>
          <PreviewTile
            instance={each}
            stack={shown.stacks.get(each.key) ?? null}
            trouble={shown.troubles.get(each.key) ?? null}
            round={shown.round}
          />
        </li>
      ))}
    </ul>
  );
}

/** Asks for the middle slices until all are there, then for the others. */
async function fetchAll(
  url: string,
  stacks: Map<string, CutoutStack>,
  troubles: Map<string, string>,
  count: number,
  tell: () => void,
  signal: AbortSignal,
): Promise<void> {
  for (const path of ["/preview/tiles", "/preview/stacks"]) {
    const done = new Set<string>();
    for (let round = 1; round <= MOST_ROUNDS && done.size < count; round += 1) {
      try {
        for await (const { header, payload } of getFrames(url + path, { signal })) {
          const part = parseTilePart(header);
          if (part.part === "pending" || done.has(part.key)) {
            continue;
          }
          done.add(part.key);
          if (part.part === "unreadable") {
            troubles.set(part.key, part.sentence);
          } else if (part.part === "middle") {
            stacks.set(part.key, new CutoutStack(part, payload));
          } else if (part.part === "rest") {
            stacks.get(part.key)?.add(part, payload);
          }
          tell();
        }
      } catch (error) {
        if (!isTransient(error)) {
          throw error;
        }
      }
      if (done.size < count) {
        await pause(backoffMs(1, 500), signal);
      }
    }
  }
}

interface TileProps {
  readonly instance: Instance;
  readonly stack: CutoutStack | null;
  readonly trouble: string | null;
  readonly round: number;
}

function PreviewTile({ instance, stack, trouble, round }: TileProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [slice, setSlice] = useState<number | null>(null);
  const [isDrawn, setDrawn] = useState(false);
  const shown = slice ?? stack?.middle ?? 0;
  useEffect(() => {
    let isGone = false;
    const element = canvas.current;
    if (stack === null || element === null) {
      return;
    }
    const draw = () => {
      const picture = stack.picture(shown);
      if (isGone || picture === null) {
        return;
      }
      const target = new TileCanvas(element);
      target.resize(element.clientWidth, element.clientHeight, window.devicePixelRatio);
      const { pre, post, pixelNm, maskArea } = stack;
      target.draw({ picture, slice: shown, pre, post, pixelNm, maskArea, opacity: OPACITY });
      setDrawn(true);
    };
    void stack.atlasOf(shown)?.decode().then(draw);
    return () => {
      isGone = true;
    };
  }, [stack, shown, round]);
  const name = `Synapse in row ${(instance.row + 1).toLocaleString("en")}`;
  return (
    <figure class="preview" data-drawn={isDrawn}>
      <canvas ref={canvas} class="preview__canvas" role="img" aria-label={`${name}, slice ${shown + 1}`} />
      {stack === null && <p class="preview__words">{trouble ?? "Being drawn…"}</p>}
      {stack !== null && (
        <input
          type="range"
          min={0}
          max={stack.depth - 1}
          value={shown}
          aria-label={`Slice of the synapse in row ${instance.row + 1}`}
          onInput={(event) => setSlice(Number(event.currentTarget.value))}
        />
      )}
      <figcaption>
        {name}
        <span class="quiet"> at {instance.center.join(", ")}</span>
      </figcaption>
    </figure>
  );
}
