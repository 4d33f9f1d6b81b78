/** A slice, large: the image with a mask, the outline of another one, and the points. */

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { SliceMask } from "../drawing/slice_mask";
import { ViewTransform } from "../drawing/view_transform";
import type { SliceImage } from "../pictures";
import { AbovePainter, BelowPainter, type PlacedMarker } from "../stage/scene";

export interface Seen {
  readonly image: SliceImage | null;
  readonly mask: SliceMask;
  readonly outline: SliceMask | null;
  readonly markers: readonly PlacedMarker[];
}

interface SlicePictureProps {
  /** Read whenever what it shows has changed. */
  readonly read: () => Seen;
  readonly aspect: number;
  /** What it shows, for those who do not see it. */
  readonly label: string;
}

const OPACITY = 0.45;

export function SlicePicture({ read, aspect, label }: SlicePictureProps) {
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (below.current === null || above.current === null) {
      return undefined;
    }
    const layers = [below.current, above.current] as const;
    const under = new BelowPainter(below.current);
    const over = new AbovePainter(above.current);
    const paint = () => {
      const { image, mask, outline, markers } = read();
      const ratio = window.devicePixelRatio;
      const width = Math.round(layers[0].clientWidth * ratio);
      const height = Math.round((width * mask.height * aspect) / mask.width);
      if (width === 0) {
        return;
      }
      for (const layer of layers) {
        layer.width = width;
        layer.height = height;
      }
      const view = new ViewTransform(width / mask.width, 0, 0, aspect);
      under.draw({ view, image, mask, proposed: null, theirs: null, opacity: OPACITY }, mask);
      const nothing = { curve: null, line: [], stamp: null, cross: null } as const;
      over.draw({ ...nothing, view, original: outline, markers, ratio });
    };
    const observer = new ResizeObserver(paint);
    observer.observe(below.current);
    const stop = effect(paint);
    return () => {
      observer.disconnect();
      stop();
    };
  }, [read, aspect]);
  return (
    <span class="look__picture" role="img" aria-label={label}>
      <canvas ref={below} />
      <canvas ref={above} />
    </span>
  );
}
