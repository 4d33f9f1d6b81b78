/** The bar above the grid: where one is, what has been set, the overlay, and the way on. */

import type { GridController, Phase } from "../grid_controller";
import { LABELS, LABEL_SIGNS, LABEL_WORDS } from "../labels";
import { MarkCount } from "../neuron/mark_count";
import type { PageSession } from "../page_session";
import type { QueueState } from "../verdict_queue";
import type { CampaignFacts } from "./grid_view";
import { PagePlace } from "./page_place";
import { ViewMenu } from "./view_menu";

const SAVED_WORDS: Readonly<Record<QueueState, string>> = {
  saved: "Saved",
  saving: "Saving…",
  unsaved: "Not saved yet",
};

/** Beside the name of the campaign while there is no page. */
const OPENING_WORDS: Readonly<Record<Phase, string>> = {
  opening: "The page is on its way…",
  working: "",
  submitting: "",
  ended: "No page",
};

interface ToolbarProps {
  readonly controller: GridController;
  readonly campaign: CampaignFacts;
}

export function Toolbar({ controller, campaign }: ToolbarProps) {
  const session = controller.session.value;
  return (
    <div class="toolbar" role="toolbar" aria-label="Page of synapses">
      <div class="toolbar__place">
        <h1 class="toolbar__campaign" title={campaign.name}>
          {campaign.name}
        </h1>
        {session === null ? (
          <p class="toolbar__progress quiet">{OPENING_WORDS[controller.phase.value]}</p>
        ) : (
          <PagePlace controller={controller} session={session} />
        )}
      </div>
      {session !== null && session.marks === null && <LabelCounts session={session} />}
      {session !== null && session.marks !== null && <MarkCount marks={session.marks} />}
      {(session === null || session.marks === null) && <Overlay controller={controller} />}
      <div class="toolbar__end">
        {session !== null && <Saved session={session} />}
        {session !== null && session.marks === null && <Undo controller={controller} session={session} />}
        <More controller={controller} campaign={campaign} />
        <button
          type="button"
          class="button"
          title={controller.keys.titled("Instructions, mouse and keys", "help")}
          onClick={() => controller.windows.help.open()}
        >
          Help
        </button>
        <Submit controller={controller} />
      </div>
    </div>
  );
}

function Undo({ controller, session }: { readonly controller: GridController; readonly session: PageSession }) {
  const { canUndo, canRedo } = session.history;
  const { keys } = controller;
  return (
    <span class="toolbar__undo">
      <button
        type="button"
        class="button"
        title={keys.titled("Take back the last label", "undo")}
        aria-label="Undo"
        disabled={!canUndo.value}
        onClick={() => controller.judging.undo()}
      >
        ↶
      </button>
      <button
        type="button"
        class="button"
        title={keys.titled("Set again what was taken back", "redo")}
        aria-label="Redo"
        disabled={!canRedo.value}
        onClick={() => controller.judging.redo()}
      >
        ↷
      </button>
    </span>
  );
}

function More({ controller, campaign }: ToolbarProps) {
  return (
    <>
      {campaign.openPagesCap > 1 && (
        <a class="button" href="?another=yes" target="_blank" title="Another page in a new tab">
          +1
        </a>
      )}
      <ErrorsLink controller={controller} campaign={campaign} />
      <a class="button" href={campaign.mineUrl} title="Look back at pages that you have submitted">
        My pages
      </a>
      <button
        type="button"
        class="button"
        title={controller.keys.titled("Give this page to others, with a reason", "skip")}
        disabled={!controller.canSkip.value}
        onClick={() => controller.windows.skip.open()}
      >
        Skip
      </button>
    </>
  );
}

/** To the cards of what was called incorrect or unsure on this page. */
function ErrorsLink({ controller, campaign }: ToolbarProps) {
  const session = controller.session.value;
  const { incorrect, unsure } = session?.counts.value ?? { incorrect: 0, unsure: 0 };
  const { errorsUrl } = campaign;
  if (session === null || errorsUrl === undefined || incorrect + unsure === 0) {
    return null;
  }
  return (
    <a
      class="button toolbar__errors"
      href={`${errorsUrl}?page=${session.page.token}`}
      title={controller.keys.titled(
        "What is wrong with the incorrect and the unsure of this page, card by card",
        "errors",
      )}
    >
      Errors
    </a>
  );
}

function LabelCounts({ session }: { readonly session: PageSession }) {
  const counts = session.counts.value;
  return (
    <ul class="toolbar__counts" aria-label="Labels on this page">
      {LABELS.map((label) => (
        <li key={label} data-label={label} title={LABEL_WORDS[label]}>
          <span class="toolbar__sign" aria-hidden="true">
            {LABEL_SIGNS[label]}
          </span>
          {counts[label]} <span class="toolbar__word">{LABEL_WORDS[label].toLowerCase()}</span>
        </li>
      ))}
    </ul>
  );
}

function Overlay({ controller }: { readonly controller: GridController }) {
  const { keys, overlay } = controller;
  const percent = Math.round(overlay.opacity.value * 100);
  return (
    <div class="toolbar__overlay">
      <button
        type="button"
        class="button switch"
        aria-pressed={overlay.shown.value}
        title={controller.keys.titled("Show or hide mask and points", "overlay")}
        onClick={() => overlay.toggle()}
      >
        <span class="switch__mark" aria-hidden="true" />
        Overlay
      </button>
      <label class="slider" title={`${keys.titled("Less mask opacity", "opacity-less")}, ${keys.titled("more", "opacity-more")}`}>
        <span class="visually-hidden">Mask opacity in percent</span>
        <input
          type="range"
          min="0"
          max="100"
          step="10"
          value={percent}
          onPointerUp={(event) => event.currentTarget.blur()}
          onInput={(event) => overlay.setOpacity(Number(event.currentTarget.value) / 100)}
        />
        <output>{percent} %</output>
      </label>
      <ViewMenu controller={controller} />
      <span class="legend" aria-hidden="true">
        <i class="legend__pre" /> pre <i class="legend__post" /> post
      </span>
    </div>
  );
}

function Saved({ session }: { readonly session: PageSession }) {
  const state = session.saving.value;
  return (
    <span class="saved" data-state={state} role="status">
      {SAVED_WORDS[state]}
    </span>
  );
}

function Submit({ controller }: { readonly controller: GridController }) {
  const phase = controller.phase.value;
  if (controller.session.value?.page.state === "submitted") {
    return (
      <button
        type="button"
        class="button button--main toolbar__submit"
        title={controller.keys.titled("Go to the next page to judge", "submit")}
        onClick={() => void controller.openNext()}
      >
        Next page
      </button>
    );
  }
  return (
    <button
      type="button"
      class="button button--main toolbar__submit"
      title={controller.keys.titled("Submit this page and go to the next", "submit")}
      disabled={phase !== "working"}
      onClick={() => void controller.submit()}
    >
      {phase === "submitting" ? "Submitting…" : "Submit page"}
    </button>
  );
}
