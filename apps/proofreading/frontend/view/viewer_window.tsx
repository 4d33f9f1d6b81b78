/**
 * A window with Neuroglancer over the page. What lies beneath stays as it is, with its labels; the
 * page of synapses is held further while somebody looks around.
 */

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { AskedView, type State } from "../../../datasets/frontend/neuroglancer/asked_view";
import { keysOfFrame } from "../../../datasets/frontend/neuroglancer/frame_keys";

interface ViewerProps {
  readonly open: boolean;
  readonly name: string;
  /** Where the server is asked for what is to be seen; null asks for nothing. */
  readonly url: string | null;
  /** What is made of the server's state before it is shown. */
  readonly change?: (state: State) => State;
  readonly close: () => void;
  /** Called when it has been closed, in whatever way. */
  readonly onClosed: () => void;
  /** Hears of whatever is done there. */
  readonly note: () => void;
}

export function ViewerWindow({ open, name, url, change, close, onClosed, note }: ViewerProps) {
  return (
    <ModalDialog open={open} class="viewer" aria-label={name} close={close} onClosed={onClosed}>
      {open && (
        <>
          <div class="viewer__head">
            <h1>{name}</h1>
            <button type="button" class="button" onClick={close}>
              Close <kbd>Esc</kbd>
            </button>
          </div>
          <AskedView
            url={url}
            title={name}
            class="viewer__frame"
            {...(change === undefined ? {} : { change })}
            onLoad={(frame) => {
              keysOfFrame(frame, ({ key }) => closesBy(key, close), note);
              frame.focus();
            }}
          />
        </>
      )}
    </ModalDialog>
  );
}

/** Keys do not come out of a frame by themselves. */
function closesBy(key: string, close: () => void): boolean {
  if (key === "Escape") {
    close();
  }
  return key === "Escape";
}

/** Where the server is asked for an instance of the page that has this address. */
export function viewUrl(url: string, item: number): string {
  return `${url}?item=${item}`;
}
