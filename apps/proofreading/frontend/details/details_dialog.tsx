/** A synapse in detail, over the grid or the cards: its slices large, what the table says, the verdict so far. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { getNews, isSessionEnd } from "../../../core/frontend/http";
import { LEFT } from "../../../core/frontend/leaving";
import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { chordOf } from "../chords";
import type { TileModel } from "../tile_model";
import { OpacitySlider, OverlaySwitch } from "../view/overlay_controls";
import type { Desk, Opened } from "./desk";
import { goBeside, performInDetails } from "./details_keys";
import { parseFacts, type PageFacts } from "./facts";
import { FactsList } from "./facts_list";
import { Pictures } from "./pictures";
import { VerdictForm } from "./verdict_form";

interface DetailsProps {
  readonly desk: Desk;
  /** Called when the window has been closed, in whatever way. */
  readonly onClosed: () => void;
}

export function DetailsDialog({ desk, onClosed }: DetailsProps) {
  const { details } = desk.windows;
  const opened = desk.opened();
  const asked = useFacts(opened?.session.page.urls.details ?? null);
  useOutline(desk, opened);
  return (
    <ModalDialog
      open={opened !== null}
      class="details"
      aria-labelledby="details-title"
      close={() => details.close()}
      onClosed={onClosed}
      onShown={(dialog) => dialog.querySelector<HTMLElement>("#details-title")?.focus()}
    >
      {opened !== null && (
        <div class="details__all" onKeyDown={(event) => press(event, desk)}>
          <Head desk={desk} opened={opened} />
          <div class="details__body">
            <Picture desk={desk} opened={opened} />
            <aside class="details__side" tabIndex={0} aria-label="About this synapse">
              <VerdictForm desk={desk} opened={opened} />
              <Told asked={asked} tile={opened.tile} />
            </aside>
          </div>
        </div>
      )}
    </ModalDialog>
  );
}

interface OpenedProps {
  readonly desk: Desk;
  readonly opened: Opened;
}

function Head({ desk, opened }: OpenedProps) {
  const { keys, overlay, windows } = desk;
  const { details, viewer } = windows;
  const { tile, index } = opened;
  const count = desk.tiles().length;
  const isSingle = details.isSingle.value;
  return (
    <header class="details__head">
      <button
        type="button"
        class="button"
        disabled={index === 0}
        title={keys.titled("Synapse before", "move-left")}
        onClick={() => goBeside(desk, -1)}
      >
        ‹ Previous
      </button>
      <h1 id="details-title" tabIndex={-1}>
        Synapse {index + 1} of {count}
      </h1>
      <button
        type="button"
        class="button"
        disabled={index === count - 1}
        title={keys.titled("Synapse after", "move-right")}
        onClick={() => goBeside(desk, 1)}
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
        value={overlay.opacityOf(tile)}
        set={(opacity) => overlay.setOpacity(opacity)}
      />
      <button
        type="button"
        class="button"
        title={keys.titled("In Neuroglancer", "viewer")}
        onClick={() => viewer.open(tile)}
      >
        3D
      </button>
      <button type="button" class="button" onClick={() => details.close()}>
        Close <kbd>Esc</kbd>
      </button>
    </header>
  );
}

function Picture({ desk, opened }: OpenedProps) {
  const { tile, images } = opened;
  const stack = tile.stack.value;
  const status = tile.status.value;
  if (stack !== null && images !== null) {
    return (
      <div class="details__pictures">
        <Pictures desk={desk} images={images} tile={tile} stack={stack} />
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
        title={desk.keys.titled("Ask again for the picture", "retry")}
        onClick={() => images?.retryNow(tile)}
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
function press(event: KeyboardEvent, desk: Desk): void {
  const chord = chordOf(event);
  const command = chord === null ? null : desk.keys.commandOf(chord);
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
  } else if (performInDetails(command.action, desk)) {
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
function useOutline(desk: Desk, opened: Opened | null): void {
  const last = useRef<Opened | null>(null);
  useLayoutEffect(() => {
    const left = last.current;
    last.current = opened;
    if (opened === null && left !== null && desk.tiles()[left.index] === left.tile) {
      desk.focused.value = left.index;
    }
  }, [opened?.session, opened?.index]);
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
    return () => asking.abort(LEFT);
  }, [url, turn]);
  return { facts, failure, again: () => setTurn(turn + 1) };
}

function whyNot(error: unknown): string {
  if (isSessionEnd(error)) {
    return "You are no longer logged in. Log in again in another tab, and try again.";
  }
  return error instanceof Error ? error.message : String(error);
}
