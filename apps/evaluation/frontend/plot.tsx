/** A uPlot in Preact: it fills the width, and is drawn anew in the colours of the scheme. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export type PlotData = uPlot.AlignedData;
export type PlotOptions = Omit<uPlot.Options, "width" | "height">;

interface PlotProps {
  readonly label: string;
  readonly height: number;
  /** Drawn anew whenever this is another array: keep it while the figures are the same. */
  readonly data: PlotData;
  readonly options: () => PlotOptions;
}

export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A colour of the scheme, so thin that what is behind it is seen. */
export function thin(name: string, share: number): string {
  return `color-mix(in srgb, ${colour(name)} ${Math.round(100 * share)}%, transparent)`;
}

export function axis(more: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return {
    stroke: colour("--text-quiet"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colour("--line"), width: 0.5 },
    ticks: { stroke: colour("--line"), width: 0.5, size: 4 },
    ...more,
  };
}

export function Plot({ label, height, data, options }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const root = place.current;
    if (root === null) {
      return;
    }
    let plot = draw(root, height, data, options());
    const width = new ResizeObserver(() => plot.setSize({ width: root.clientWidth, height }));
    width.observe(root);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => {
      plot.destroy();
      plot = draw(root, height, data, options());
    };
    scheme.addEventListener("change", redraw);
    return () => {
      scheme.removeEventListener("change", redraw);
      width.disconnect();
      plot.destroy();
    };
  }, [data, height]);
  return <div ref={place} class="plot" role="img" aria-label={label} style={{ minHeight: `${height}px` }} />;
}

function draw(root: HTMLElement, height: number, data: PlotData, options: PlotOptions): uPlot {
  return new uPlot({ ...options, width: Math.max(root.clientWidth, 200), height }, data, root);
}
