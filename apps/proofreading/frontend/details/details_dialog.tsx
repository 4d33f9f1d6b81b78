/** A synapse in detail, over the grid: its slices large, what the table says, the verdict so far. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { getNews, isSessionEnd } from "../../../core/frontend/http";
import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { chordOf } from "../chords";
import type { GridController } from "../grid_controller";
import type { PageSession } from "../page_session";
import type { TileModel } from "../tile_model";
import { OpacitySlider, OverlaySwitch } from "../view/overlay_controls";
import { goBeside, performInDetails } from "./details_keys";
import { parseFacts, type PageFacts } from "./facts";
import { FactsList } from "./facts_list";
import { Pictures } from "./pictures";
import { VerdictForm } from "./verdict_form";

interface DetailsProps {
  readonly controller: GridController;
  /** Called when the window has been closed, in whatever way. */
  readonly onClosed: () => void;
}

export function DetailsDialog({ controller, onClosed }: DetailsProps) {
  const { details } = controller.windows;
  const session = controller.session.value;
  const index = session?.tiles.findIndex((one) => one === details.on.value) ?? -1;
  const tile = session?.tiles[index] ?? null; // none once the page has been turned
  const asked = useFacts(tile === null ? null : (session?.page.urls.details ?? null));
  const isOpen = tile !== null && session !== null;
  useOutline(controller, isOpen ? index : null);
  return (
    <ModalDialog
      open={isOpen}
      class="details"
      aria-labelledby="details-title"
      close={() => details.close()}
      onClosed={onClosed}
      onShown={(dialog) => dialog.querySelector<HTMLElement>("#details-title")?.focus()}
    >
      {isOpen && (
        <div class="details__all" onKeyDown={(event) => press(event, controller)}>
          <Head controller={controller} session={session} index={index} />
          <div class="details__body">
            <Picture controller={controller} session={session} tile={tile} />
            <aside class="details__side" tabIndex={0} aria-label="About this synapse">
              <VerdictForm controller={controller} session={session} tile={tile} />
              <Told asked={asked} tile={tile} />
            </aside>
          </div>
        </div>
      )}
    </ModalDialog>
  );
}

interface HeadProps {
  readonly controller: GridController;
  readonly session: PageSession;
  readonly index: number;
}

function Head({ controller, session, index }: HeadProps) {
  const { keys, overlay, windows } = controller;
  const { details, viewer } = windows;
  const tile = session.tiles[index];
  const isSingle = details.isSingle.value;
  return (
    <header class="details__head">
      <button
        type="button"
        class="button"
        disabled={index === 0}
        title={keys.titled("Synapse before", "move-left")}
        onClick={() => goBeside(controller, -1)}
      >
        ‹ Previous
      </button>
      <h1 id="details-title" tabIndex={-1}>
        Synapse {index + 1} of {session.tiles.length}
      </h1>
      <button
        type="button"
        class="button"
        disabled={index === session.tiles.length - 1}
        title={keys.titled("Synapse after", "move-right")}
        onClick={() => goBeside(controller, 1)}
      >
        Next ›
      </button>
      <span class="details__gap" />
      <button
        type="button"
        class="button"
        title={keys.titled("All slices beside each other, or one at a time", "all-slices")}
        onClick={() => (details.isSingle.value = !isSingle)}
      >
        {isSingle ? "All slices" : "One slice"}
      </button>
      <OverlaySwitch keys={keys} overlay={overlay} />
      <OpacitySlider
        word="Opacity"
        value={tile === undefined ? overlay.opacity.value : overlay.opacityOf(tile)}
        set={(opacity) => overlay.setOpacity(opacity)}
      />
      <button
        type="button"
        class="button"
        title={keys.titled("In Neuroglancer", "viewer")}
        onClick={() => tile !== undefined && viewer.open(tile)}
      >
        3D
      </button>
      <button type="button" class="button" onClick={() => details.close()}>
        Close <kbd>Esc</kbd>
      </button>
    </header>
  );
}

interface TileProps {
  readonly controller: GridController;
  readonly session: PageSession;
  readonly tile: TileModel;
}

function Picture({ controller, session, tile }: TileProps) {
  const stack = tile.stack.value;
  const status = tile.status.value;
  if (stack !== null) {
    return (
      <div class="details__pictures">
        <Pictures controller={controller} session={session} tile={tile} stack={stack} />
      </div>
    );
  }
  if (status.kind !== "unreadable") {
    return (
      <p class="details__pictures details__wait" role="status">
        The pictures are on their way…
      </p>
    );
  }
  return (
    <div class="details__pictures details__wait" role="alert">
      <p>{status.sentence}</p>
      <button
        type="button"
        class="button"
        title={controller.keys.titled("Ask again for the picture", "retry")}
        onClick={() => session.images.retryNow(tile)}
      >
        Retry
      </button>
    </div>
  );
}

function Told({ asked, tile }: { readonly asked: Asked; readonly tile: TileModel }) {
  const { failure, again } = asked;
  const stack = tile.stack.value;
  const facts = asked.facts?.items.find(({ item }) => item === tile.item);
  const remarks = (stack?.remarks ?? []).map(({ sentence }) => sentence);
  const trouble = tile.restTrouble.value;
  const sentences = trouble === null ? remarks : [...remarks, trouble];
  return (
    <>
      {sentences.map((sentence) => (
        <p key={sentence} class="details__remark">
          <span aria-hidden="true">⚠ </span>
          {sentence}
        </p>
      ))}
      {failure !== null && (
        <div role="alert">
          <p>{failure}</p>
          <button type="button" class="button" onClick={again}>
            Try again
          </button>
        </div>
      )}
      {facts !== undefined && asked.facts !== null && (
        <FactsList facts={facts} voxelNm={asked.facts.voxel_nm} stack={stack} />
      )}
      {failure === null && facts === undefined && <p role="status">Asking what is known of it…</p>}
    </>
  );
}

/** Keys for the window: those of the grid that make sense here, as the person has chosen them. */
function press(event: KeyboardEvent, controller: GridController): void {
  const chord = chordOf(event);
  const command = chord === null ? null : controller.keys.commandOf(chord);
  if (chord === null || command === null || isForControl(chord, event.target)) {
    return;
  }
  if (event.repeat && !command.repeats) {
    return;
  }
  if (command.action.do === "explain") {
    const first = document.querySelector<HTMLElement>(".details__kinds input:not([disabled])");
    first?.focus();
    event.preventDefault();
  } else if (performInDetails(command.action, controller)) {
    event.preventDefault();
    event.stopPropagation(); // the grid beneath heeds the key of the help, too
  }
}

/** Whether a control with the focus needs the key itself. */
function isForControl(chord: string, target: EventTarget | null): boolean {
  if (!(target instanceof Element)) {
    return false;
  }
  if (target.matches("input[type=text], textarea, select")) {
    return true;
  }
  if (chord === "Space" || chord === "Enter") {
    return target.matches("a, button, input, summary, aside"); // what is told is scrolled by Space
  }
  return target.matches("input[type=range]") && chord.length > 1;
}

/** The outline stays where one has gone to: the browser gives the focus, and with it the outline,
    back to where it was when the window was opened. */
function useOutline(controller: GridController, index: number | null): void {
  const session = controller.session.value;
  const last = useRef<{ readonly session: PageSession | null; readonly index: number } | null>(null);
  useLayoutEffect(() => {
    if (index !== null) {
      last.current = { session, index };
    } else if (last.current !== null) {
      if (last.current.session === session) {
        controller.focused.value = last.current.index;
      }
      last.current = null;
    }
  }, [session, index]);
}

interface Asked {
  readonly facts: PageFacts | null;
  readonly failure: string | null;
  readonly again: () => void;
}

/** Asks once for what is known of the synapses of a page; null asks for nothing. */
function useFacts(url: string | null): Asked {
  const [turn, setTurn] = useState(0);
  const [failure, setFailure] = useState<string | null>(null);
  const [facts, setFacts] = useState<PageFacts | null>(null);
  const of = useRef<string | null>(null); // the page that `facts` are of
  useEffect(() => {
    if (url === null || of.current === url) {
      return undefined;
    }
    setFacts(null);
    setFailure(null);
    const asking = new AbortController();
    const ask = async () => {
      try {
        const news = await getNews(url, null, { signal: asking.signal });
        setFacts(parseFacts(news?.body));
        of.current = url;
      } catch (error) {
        if (!asking.signal.aborted) {
          setFailure(whyNot(error));
        }
      }
    };
    void ask();
    return () => asking.abort();
  }, [url, turn]);
  return { facts, failure, again: () => setTurn(turn + 1) };
}

function whyNot(error: unknown): string {
  if (isSessionEnd(error)) {
    return "You are no longer logged in. Log in again in another tab, and try again.";
  }
  return error instanceof Error ? error.message : String(error);
}
