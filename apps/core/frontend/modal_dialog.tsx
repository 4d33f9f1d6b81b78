/** A window over the page. Whether it is open is up to who shows it. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface ModalProps {
  readonly open: boolean;
  readonly class: string;
  readonly "aria-label"?: string;
  readonly "aria-labelledby"?: string;
  /** Asked to say that it is closed: Escape was pressed, or the browser closed it. */
  readonly close: () => void;
  /** Called when it has been closed, in whatever way. */
  readonly onClosed: () => void;
  /** Called once it is to be seen. */
  readonly onShown?: (dialog: HTMLDialogElement) => void;
  readonly children: ComponentChildren;
}

/**
 * The browser tells of a closing in an event of its own, later. Escape is therefore heeded at once,
 * keys pressed in between count, and a window that they have opened again stays open.
 */
export function ModalDialog({ open, close, onClosed, onShown, children, ...named }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    if (dialog.current === null || dialog.current.open === open) {
      return;
    }
    if (open) {
      dialog.current.showModal();
      onShown?.(dialog.current);
    } else {
      dialog.current.close();
    }
  }, [open]);
  return (
    <dialog
      ref={dialog}
      {...named}
      onCancel={close}
      onClose={() => {
        if (dialog.current?.open !== true) {
          close();
          onClosed();
        }
      }}
    >
      {children}
    </dialog>
  );
}
