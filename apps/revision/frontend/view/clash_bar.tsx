/** Somebody else has saved the slice: theirs, mine, or a look at both. */

import type { EaselSession } from "../easel_session";
import type { Clash, Slice } from "../slice_book";
import { isOwn, whenOf } from "./words";

interface ClashProps {
  readonly session: EaselSession;
  readonly slice: Slice;
  readonly clash: Clash;
}

export function ClashBar({ session, slice, clash }: ClashProps) {
  const { comparing } = session;
  const isMine = isOwn(clash, session.personName);
  const who = isMine ? "You" : (clash.by ?? "Somebody");
  const place = isMine ? " in another tab or browser" : "";
  return (
    <div class="stage__clash" role="alert">
      <p>
        {who} saved this slice{place}{clash.at === null ? "" : ` at ${whenOf(clash.at)}`}. What you drew is
        kept among its versions.
      </p>
      <button type="button" class="button" onClick={() => session.keepTheirs(slice)}>
        {isMine ? "Keep what is saved" : `Keep what ${who} saved`}
      </button>
      <button type="button" class="button" onClick={() => session.keepMine(slice)}>
        Save mine as a new version
      </button>
      <button
        type="button"
        class="button"
        aria-pressed={comparing.value}
        onClick={() => (comparing.value = !comparing.value)}
      >
        Look at both
      </button>
      {comparing.value && (
        <span class="stage__legend">
          <i class="legend__mask" /> mine <i class="legend__theirs" /> theirs
        </span>
      )}
    </div>
  );
}
