/**
 * A synapse in Neuroglancer, over the grid. The grid stays as it is beneath, with its labels; the
 * page is held further while somebody looks around.
 */

import { useEffect, useState } from "preact/hooks";

import { getNews } from "../../../core/frontend/http";
import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { whyNoView } from "../../../datasets/frontend/neuroglancer/asked_view";
import type { GridController } from "../grid_controller";
import { parseView, viewUrl, type View } from "../viewer_panel";

interface ViewerProps {
  readonly controller: GridController;
  /** Called when the viewer has been closed, in whatever way. */
  readonly onClosed: () => void;
}

export function ViewerDialog({ controller, onClosed }: ViewerProps) {
  const session = controller.session.value;
  const index = session?.tiles.findIndex((one) => one === controller.windows.viewer.tile.value) ?? -1;
  const tile = session?.tiles[index] ?? null; // none once the page has been turned
  const url = session?.page.urls.neuroglancer ?? "";
  const { view, failure, again } = useView(tile === null ? null : viewUrl(url, tile.item));
  const name = `Synapse ${index + 1} in Neuroglancer`;
  return (
    <ModalDialog
      open={tile !== null}
      class="viewer"
      aria-label={name}
      close={() => controller.windows.viewer.close()}
      onClosed={onClosed}
    >
      {tile !== null && (
        <>
          <div class="viewer__head">
            <h1>{name}</h1>
            <button type="button" class="button" onClick={() => controller.windows.viewer.close()}>
              Close <kbd>Esc</kbd>
            </button>
          </div>
          {failure !== null && (
            <div class="viewer__wait" role="alert">
              <p>{failure}</p>
              <button type="button" class="button" onClick={again}>
                Try again
              </button>
            </div>
          )}
          {failure === null && view === null && (
            <p class="viewer__wait" role="status">
              Asking where it lies…
            </p>
          )}
          {view !== null && <Shown view={view} name={name} controller={controller} />}
        </>
      )}
    </ModalDialog>
  );
}

function Shown({
  view,
  name,
  controller,
}: {
  readonly view: View;
  readonly name: string;
  readonly controller: GridController;
}) {
  const heed = (event: Event) => {
    const frame = (event.currentTarget as HTMLIFrameElement).contentWindow;
    if (frame !== null) {
      listenIn(frame, controller);
      frame.focus();
    }
  };
  return (
    <>
      {view.problems.length > 0 && (
        <ul class="viewer__problems" role="alert">
          {view.problems.map(({ sentence }) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <iframe class="viewer__frame" title={name} src={view.address} onLoad={heed} />
    </>
  );
}

/** Keys do not come out of a frame by themselves: Escape closes, and whatever is done there keeps
    the page held. */
function listenIn(frame: Window, controller: GridController): void {
  const note = () => controller.session.value?.noteActivity();
  frame.addEventListener("pointerdown", note, { capture: true });
  frame.addEventListener("wheel", note, { capture: true, passive: true });
  frame.addEventListener("keydown", (event) => {
    note();
    if (event.key === "Escape" && !event.defaultPrevented && !isTyping(event.target, frame)) {
      controller.windows.viewer.close();
    }
  });
}

/** Whether Escape is for something within: a field, or a window that Neuroglancer has opened. The
    frame has classes of its own, so `instanceof` knows nothing of them. */
function isTyping(target: EventTarget | null, frame: Window): boolean {
  const element = target as Element | null;
  const isField = element?.matches?.("input, textarea, select, [contenteditable]") ?? false;
  return isField || frame.document.querySelector(".neuroglancer-overlay, .overlay") !== null;
}

interface Asked {
  readonly view: View | null;
  readonly failure: string | null;
  readonly again: () => void;
}

/** Asks the server for the view of an instance, once for each opening. */
function useView(url: string | null): Asked {
  const [turn, setTurn] = useState(0);
  const [view, setView] = useState<View | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    setView(null);
    setFailure(null);
    if (url === null) {
      return undefined;
    }
    const asking = new AbortController();
    const ask = async () => {
      try {
        const news = await getNews(url, null, { signal: asking.signal });
        setView(parseView(news?.body));
      } catch (error) {
        if (!asking.signal.aborted) {
          setFailure(whyNoView(error));
        }
      }
    };
    void ask();
    return () => asking.abort();
  }, [url, turn]);
  return { view, failure, again: () => setTurn(turn + 1) };
}
