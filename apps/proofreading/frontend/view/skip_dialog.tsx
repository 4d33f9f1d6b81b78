/** Why a page is given to others. */

import { useLayoutEffect, useState } from "preact/hooks";

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import type { GridController } from "../grid_controller";

const REASONS = [
  "The pictures are too poor to judge",
  "I cannot tell what these are",
  "I know this place and am not impartial",
] as const;
const LONGEST = 200; // as the server takes it

interface SkipProps {
  readonly controller: GridController;
  readonly onClosed: () => void;
}

export function SkipDialog({ controller, onClosed }: SkipProps) {
  const [reason, setReason] = useState("");
  const open = controller.windows.skip.isOpen;
  useLayoutEffect(() => setReason(""), [open]);
  const send = (event: Event) => {
    event.preventDefault();
    if (reason.trim() !== "") {
      void controller.skip(reason.trim());
    }
  };
  return (
    <ModalDialog
      open={open}
      class="help skip"
      aria-labelledby="skip-title"
      close={() => controller.windows.skip.close()}
      onClosed={onClosed}
    >
      <form onSubmit={send}>
        <h1 id="skip-title">Skip this page?</h1>
        <p class="quiet">Somebody else will judge it, and you will not see it again. Why?</p>
        <div class="skip__reasons">
          {REASONS.map((each) => (
            <button
              key={each}
              type="button"
              class="button"
              aria-pressed={reason === each}
              onClick={() => setReason(each)}
            >
              {each}
            </button>
          ))}
        </div>
        <label class="own-words">
          <span>In your own words</span>
          <input
            type="text"
            maxLength={LONGEST}
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <p class="skip__end">
          <button
            type="button"
            class="button"
            onClick={() => controller.windows.skip.close()}
          >
            Stay
          </button>
          <button type="submit" class="button button--main" disabled={reason.trim() === ""}>
            Skip page
          </button>
        </p>
      </form>
    </ModalDialog>
  );
}
