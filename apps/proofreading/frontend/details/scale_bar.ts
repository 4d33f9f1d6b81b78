/** A bar of a round physical length. */

const NM_IN_UM = 1000;

export interface ScaleBar {
  readonly px: number;
  /** "200 nm", "1 µm". */
  readonly text: string;
}

/** The longest of 1, 2, 5, 10, … nm that takes at most so many pixels; null where there is none. */
export function scaleBar(pxPerNm: number, mostPx: number): ScaleBar | null {
  const mostNm = mostPx / pxPerNm;
  if (!Number.isFinite(mostNm) || mostNm <= 0) {
    return null;
  }
  const power = 10 ** Math.floor(Math.log10(mostNm));
  const step = [5, 2, 1].find((each) => each * power <= mostNm * (1 + 1e-9)) ?? 1;
  const nm = step * power;
  return { px: nm * pxPerNm, text: nm >= NM_IN_UM ? `${short(nm / NM_IN_UM)} µm` : `${short(nm)} nm` };
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
