/** The bar above the grid: where one is, what has been set, the overlay, and the way on. */

import type { GridController, Phase } from "../grid_controller";
import { LABELS, LABEL_SIGNS, LABEL_WORDS } from "../labels";
import { MarkCount } from "../neuron/mark_count";
import type { PageSession } from "../page_session";
import type { QueueState } from "../verdict_queue";
import type { CampaignFacts } from "./grid_view";
import { useFitting } from "./fitting";
import { Menu } from "./menu";
import { OpacityOfAll, OverlaySwitch } from "./overlay_controls";
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
  leaving: "",
  submitting: "",
  ended: "No page",
};

interface ToolbarProps {
  readonly controller: GridController;
  readonly campaign: CampaignFacts;
}

export function Toolbar({ controller, campaign }: ToolbarProps) {
  const session = controller.session.value;
  const isSearch = session !== null && session.marks !== null;
  const bar = useFitting();
  return (
    <div ref={bar} class="toolbar" role="toolbar" aria-label="Page of synapses">
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
      {session !== null && !isSearch && <LabelCounts session={session} />}
      {isSearch && <MarkCount marks={session.marks} />}
      {!isSearch && <Overlay controller={controller} />}
      <div class="toolbar__end">
        {session !== null && <Saved session={session} />}
        {session !== null && !isSearch && <Undo controller={controller} session={session} />}
        <span class="toolbar__ways">
          <Ways controller={controller} campaign={campaign} />
        </span>
        <Menu id="more-menu" word="⋯" name="More" class="toolbar__more" closesOnChoice>
          <div class="menu__list">
            <Ways controller={controller} campaign={campaign} />
          </div>
        </Menu>
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

/** Beside each other on the bar, or below each other in a menu. */
function Ways({ controller, campaign }: ToolbarProps) {
  const { keys, windows } = controller;
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
        title={keys.titled("Give this page to others, with a reason", "skip")}
        disabled={!controller.canSkip.value}
        onClick={() => windows.skip.open()}
      >
        Skip
      </button>
      <button
        type="button"
        class="button"
        title={keys.titled("Instructions, mouse and keys", "help")}
        onClick={() => windows.help.open()}
      >
        Help
      </button>
    </>
  );
}

/** To the cards of what was called incorrect or unsure on this page. Where there is none it keeps its
    place: what is judged is not moved by the first label. */
function ErrorsLink({ controller, campaign }: ToolbarProps) {
  const session = controller.session.value;
  const { incorrect, unsure } = session?.counts.value ?? { incorrect: 0, unsure: 0 };
  const { errorsUrl } = campaign;
  if (session === null || errorsUrl === undefined) {
    return null;
  }
  const isOffered = incorrect + unsure > 0;
  return (
    <a
      class="button toolbar__errors"
      href={isOffered ? `${errorsUrl}?page=${session.page.token}` : undefined}
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
          <b class="toolbar__count">{counts[label]}</b>{" "}
          <span class="toolbar__word">{LABEL_WORDS[label].toLowerCase()}</span>
        </li>
      ))}
    </ul>
  );
}

function Overlay({ controller }: { readonly controller: GridController }) {
  const { keys, overlay } = controller;
  return (
    <div class="toolbar__overlay">
      <OverlaySwitch keys={keys} overlay={overlay} />
      <OpacityOfAll keys={keys} overlay={overlay} class="toolbar__spare" />
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
