/** The wheel turns slices as it does in the grid: towards oneself is onwards. */

/** Neuroglancer turns them the other way round. With Ctrl or Alt the wheel does something else. */
export function wheelAsInGrid(frame: Window): void {
  const own = new WeakSet<Event>();
  const turn = (event: WheelEvent) => {
    const { target, ctrlKey, altKey, metaKey } = event;
    if (own.has(event) || ctrlKey || altKey || metaKey || !isOverVolumes(target)) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const turned = turnedRound(event);
    own.add(turned);
    target?.dispatchEvent(turned);
  };
  frame.addEventListener("wheel", turn, { capture: true, passive: false });
}

function isOverVolumes(target: EventTarget | null): boolean {
  // The frame has classes of its own: `instanceof` knows nothing of them.
  return (target as Element | null)?.closest?.(".neuroglancer-rendered-data-panel") != null;
}

function turnedRound(event: WheelEvent): WheelEvent {
  const { bubbles, cancelable, clientX, clientY, screenX, screenY, shiftKey, deltaMode } = event;
  const place = { bubbles, cancelable, clientX, clientY, screenX, screenY, shiftKey, deltaMode };
  // With Shift some systems turn sideways.
  return new WheelEvent("wheel", { ...place, deltaX: -event.deltaX, deltaY: -event.deltaY });
}
