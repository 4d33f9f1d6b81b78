/** Where in the volume the errors are. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Cluster, Places, VolumeMap } from "./contract";
import { count, micrometres, percent } from "./format";
import { PanelFrame, Words } from "./panel";
import { colour } from "./plot";

type Shown = "errors" | "share";

export function PlacesPanel({ places, file }: { readonly places: Places; readonly file: string }) {
  const [shown, setShown] = useState<Shown>("errors");
  const tools = (
    <span class="choice" role="group" aria-label="What the maps show">
      {(["errors", "share"] as const).map((kind) => (
        <button key={kind} type="button" class="panel__tool" aria-pressed={shown === kind} onClick={() => setShown(kind)}>
          {kind === "errors" ? "Number" : "Share of judged"}
        </button>
      ))}
    </span>
  );
  return (
    <PanelFrame
      name="Where the errors are"
      className="panel--whole"
      file={file}
      tools={places.errors > 0 ? tools : undefined}
      note="Instances settled as incorrect, seen along z, y and x; axes in µm. Faint cells were judged and are free of errors. Frames mark blocks with more than twice the usual share."
    >
      {places.sentence !== "" && <Words>{places.sentence}</Words>}
      {places.errors > 0 && (
        <>
          <div class="maps">
            {places.maps.map((map) => (
              <MapFigure key={map.plane} map={map} shown={shown} clusters={places.clusters} />
            ))}
            <Clusters places={places} />
          </div>
        </>
      )}
    </PanelFrame>
  );
}

function Clusters({ places }: { readonly places: Places }) {
  const usual = places.errors / places.judged;
  return (
    <div class="clusters">
      <p>
        <b>{count(places.errors)}</b> of {count(places.judged)} settled instances are incorrect (
        {percent(usual, 1)}).
      </p>
      {places.clusters.length === 0 ? (
        <p class="quiet">No part of the volume stands out.</p>
      ) : (
        <ol>
          {places.clusters.map((cluster) => (
            <li key={cluster.low_nm.join(" ")}>
              <b>{percent(cluster.share)}</b> of {count(cluster.n)} around{" "}
              {centre(cluster)} µm
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function centre({ low_nm, high_nm }: Cluster): string {
  return low_nm.map((low, axis) => micrometres((low + (high_nm[axis] ?? low)) / 2)).join(", ");
}

const AXES = { x: 0, y: 1, z: 2 } as const;

function MapFigure(props: {
  readonly map: VolumeMap;
  readonly shown: Shown;
  readonly clusters: readonly Cluster[];
}) {
  const { map, shown, clusters } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [a, b] = [...map.plane] as ["x" | "y", "y" | "z"];
  useEffect(() => {
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const draw = () => canvas.current !== null && paint(canvas.current, map, shown);
    draw();
    scheme.addEventListener("change", draw);
    return () => scheme.removeEventListener("change", draw);
  }, [map, shown]);
  const [width, height] = [map.high_nm[0] - map.low_nm[0], map.high_nm[1] - map.low_nm[1]];
  return (
    <figure class="map">
      <figcaption>
        {a} → · {b} ↓
      </figcaption>
      <div class="map__frame" style={{ aspectRatio: `${width} / ${height}` }}>
        <canvas ref={canvas} role="img" aria-label={`Errors in ${map.plane}`} />
        {clusters.map((cluster) => (
          <span
            key={cluster.low_nm.join(" ")}
            class="map__cluster"
            style={{
              ...side("left", "width", cluster, AXES[a], map.low_nm[0], width),
              ...side("top", "height", cluster, AXES[b], map.low_nm[1], height),
            }}
          />
        ))}
      </div>
      <p class="map__ends">
        <span>{micrometres(map.low_nm[0])}</span>
        <span>{a}, µm</span>
        <span>{micrometres(map.high_nm[0])}</span>
      </p>
    </figure>
  );
}

function side(
  start: string,
  size: string,
  cluster: Cluster,
  axis: number,
  low: number,
  whole: number,
): Record<string, string> {
  const [from, to] = [cluster.low_nm[axis] ?? 0, cluster.high_nm[axis] ?? 0];
  return { [start]: `${(100 * (from - low)) / whole}%`, [size]: `${(100 * (to - from)) / whole}%` };
}

function paint(canvas: HTMLCanvasElement, map: VolumeMap, shown: Shown): void {
  const [columns, rows] = [map.errors.length, map.errors[0]?.length ?? 0];
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  if (context === null) {
    return;
  }
  const most = Math.max(1, ...map.errors.flat());
  const [strong, faint] = [colour("--incorrect"), colour("--line")];
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < rows; row += 1) {
      const judged = map.judged[column]?.[row] ?? 0;
      const errors = map.errors[column]?.[row] ?? 0;
      if (judged === 0) {
        continue;
      }
      context.globalAlpha = errors === 0 ? 0.45 : 0.25 + 0.75 * (shown === "errors" ? errors / most : errors / judged);
      context.fillStyle = errors === 0 ? faint : strong;
      context.fillRect(column, row, 1, 1);
    }
  }
}
