/** Which page it is, how far the campaign is, how long the page is held, and the way to others. */

import { useComputed } from "@preact/signals";

import type { GridController } from "../grid_controller";
import { timeLeft, type LeaseRenewal } from "../lease_renewal";
import type { PageSession } from "../page_session";

interface PlaceProps {
  readonly controller: GridController;
  readonly session: PageSession;
}

export function PagePlace({ controller, session }: PlaceProps) {
  const { pagesTotal, pagesDone, state, kind, why } = session.page;
  const isOfCampaign = state === "held" && kind !== "training";
  return (
    <div class="toolbar__progress">
      <Turns controller={controller} session={session} />
      <span aria-live="polite" title={why}>
        {placeOf(session)}
      </span>
      {isOfCampaign && (
        <>
          <progress
            max={pagesTotal}
            value={pagesDone}
            title={`${pagesDone} of ${pagesTotal} pages are done`}
            aria-label="Pages of the campaign done"
          />
          <span class="quiet toolbar__done">{pagesDone} done</span>
        </>
      )}
      {session.held !== null && <Held key={session.page.token} held={session.held} />}
      <span class="quiet toolbar__why" data-spare={isOfCampaign ? "" : undefined} title={why}>
        {isOfCampaign ? `· ${why}` : why}
      </span>
    </div>
  );
}

function Turns({ controller, session }: PlaceProps) {
  const { keys } = controller;
  const isAtWork = controller.isAtWork.value;
  const later =
    session.page.state === "held" ? "This is the page at work" : "Forth, towards the page at work";
  return (
    <div class="toolbar__turns">
      <button
        type="button"
        class="button"
        aria-label="Earlier page of yours"
        title={keys.titled("Back to the page that you submitted before", "page-earlier")}
        disabled={!isAtWork || !controller.trail.hasEarlier.value}
        onClick={() => void controller.turn("earlier")}
      >
        ‹
      </button>
      <button
        type="button"
        class="button"
        aria-label="Later page of yours"
        title={keys.titled(later, "page-later")}
        disabled={!isAtWork || session.page.state === "held"}
        onClick={() => void controller.turn("later")}
      >
        ›
      </button>
    </div>
  );
}

/** Counts down quietly; what is said aloud is said once. */
function Held({ held }: { readonly held: LeaseRenewal }) {
  const isEnding = held.isEnding.value;
  const left = useComputed(() => timeLeft(held.leftS.value, held.isEnding.value)).value;
  const isOver = useComputed(() => held.leftS.value === 0).value;
  const words = isOver ? "no longer held" : `held ${left}`;
  const title = isOver
    ? "The page may go to somebody else now. Whatever you do here holds it again, if it is still free."
    : `The page is held for you for another ${left}. Whatever you do here holds it further.`;
  return (
    <>
      <span class="held" data-ending={isEnding ? "" : undefined} role="timer" title={title}>
        {isEnding && <span aria-hidden="true">⚠ </span>}
        {words}
        {isEnding && <span class="held__hint">Whatever you do here holds the page further.</span>}
      </span>
      <span class="visually-hidden" role="status">
        {isOver ? title : isEnding ? "This page is held for a few minutes only; go on, or press a key." : ""}
      </span>
    </>
  );
}

/** Training is no page of the campaign; pages that are asked again come after its last number. */
function placeOf({ page }: PageSession): string {
  if (page.kind === "training") {
    return "Training";
  }
  return page.number <= page.pagesTotal
    ? `Page ${page.number} of ${page.pagesTotal}`
    : `Page ${page.number}`;
}
