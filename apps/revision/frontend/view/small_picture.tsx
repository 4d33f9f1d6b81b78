/** A slice in small: the image with a mask over it. */

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { SliceMask } from "../drawing/slice_mask";
import { ViewTransform } from "../drawing/view_transform";
import type { SliceImage } from "../pictures";
import { BelowPainter } from "../stage/scene";

export interface Small {
  readonly image: SliceImage | null;
  readonly mask: SliceMask;
  /** In the colour of proposals. */
  readonly proposed: SliceMask | null;
}

interface SmallProps {
  /** Read whenever what it shows has changed. */
  readonly read: () => Small;
  readonly aspect: number;
  readonly opacity: number;
  readonly class: string;
  /** What it shows, for those who do not see it; left out where that is told elsewhere. */
  readonly label?: string;
}

export function SmallPicture({ read, aspect, opacity, class: name, label }: SmallProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) {
      return undefined;
    }
    const painter = new BelowPainter(element);
    const paint = () => {
      const { image, mask, proposed } = read();
      const size = fit(element, mask, aspect);
      if (size !== null) {
        const view = new ViewTransform(size.width / mask.width, 0, 0, aspect);
        painter.draw({ view, image, mask, proposed, theirs: null, opacity }, mask);
      }
    };
    const observer = new ResizeObserver(paint);
    observer.observe(element);
    const stop = effect(paint);
    return () => {
      observer.disconnect();
      stop();
    };
  }, [read, aspect, opacity]);
  const said = label === undefined ? { "aria-hidden": true } : ({ role: "img", "aria-label": label } as const);
  return <canvas ref={canvas} class={name} {...said} />;
}

/** Gives the canvas the pixels that it covers; null where it covers none. */
function fit(canvas: HTMLCanvasElement, mask: SliceMask, aspect: number) {
  const width = Math.round(canvas.clientWidth * window.devicePixelRatio);
  const height = Math.round((width * mask.height * aspect) / mask.width);
  if (width === 0) {
    return null;
  }
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  return { width, height };
}
