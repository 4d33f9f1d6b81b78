/** A line as small as a word. */

const WIDTH = 96;
const HEIGHT = 22;
const EDGE = 3;

/** The points of a line through shares from `from` to 1; gaps are bridged. */
export function pointsOf(values: readonly (number | null)[], from: number): string {
  const step = (WIDTH - 2 * EDGE) / Math.max(1, values.length - 1);
  return values
    .flatMap((value, at) => {
      if (value === null) {
        return [];
      }
      const height = Math.max(0, (value - from) / (1 - from)) * (HEIGHT - 2 * EDGE);
      return [`${(EDGE + at * step).toFixed(1)},${(HEIGHT - EDGE - height).toFixed(1)}`];
    })
    .join(" ");
}

export function Sparkline(props: {
  readonly values: readonly (number | null)[];
  readonly from: number;
}) {
  const points = pointsOf(props.values, props.from);
  const last = points.split(" ").at(-1)?.split(",");
  if (points === "" || last === undefined) {
    return <span class="quiet">–</span>;
  }
  return (
    <svg class="sparkline" width={WIDTH} height={HEIGHT} aria-hidden="true">
      <polyline points={points} />
      <circle cx={last[0]} cy={last[1]} r="2" />
    </svg>
  );
}
