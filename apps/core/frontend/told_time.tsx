/** A time within what is drawn here; its title says UTC. */

import { inUtc, moment, type Time } from "./times";

interface ToldTimeProps {
  readonly at: string;
  /** Another form of `times.ts` than the whole. */
  readonly form?: (at: Time) => string;
}

export function ToldTime({ at, form = moment }: ToldTimeProps) {
  return (
    <time dateTime={at} title={inUtc(at)}>
      {form(at)}
    </time>
  );
}
