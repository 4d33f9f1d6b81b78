/** Keys and deeds within a frame do not come out of it by themselves. */

/**
 * Gives keys that are pressed in a frame to `onKey`, which says whether it took them; what it takes
 * does nothing else there. `note` hears of whatever is done in the frame.
 */
export function keysOfFrame(
  frame: Window,
  onKey: (event: KeyboardEvent) => boolean,
  note: () => void,
): void {
  frame.addEventListener("pointerdown", note, { capture: true });
  frame.addEventListener("wheel", note, { capture: true, passive: true });
  frame.addEventListener(
    "keydown",
    (event) => {
      note();
      if (!isBusy(event.target, frame) && onKey(event)) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    { capture: true },
  );
}

/** Whether a key is for a field, or for a window that Neuroglancer has opened. The frame has classes
    of its own, so `instanceof` knows nothing of them. */
function isBusy(target: EventTarget | null, frame: Window): boolean {
  const element = target as Element | null;
  const isField = element?.matches?.("input, textarea, select, [contenteditable]") ?? false;
  return isField || frame.document.querySelector(".neuroglancer-overlay, .overlay") !== null;
}
