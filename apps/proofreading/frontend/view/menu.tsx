/** A button that opens a panel below it. */

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

const FROM_EDGE_PX = 8;

interface MenuProps {
  readonly id: string;
  /** On the button. */
  readonly word: string;
  /** What a screen reader is told, and a title. */
  readonly name: string;
  /** Of the button. */
  readonly class?: string;
  /** Whether the panel closes when something in it is chosen. */
  readonly closesOnChoice?: boolean;
  readonly children: ComponentChildren;
}

export function Menu(props: MenuProps) {
  const { id, word, name, class: more = "", closesOnChoice = false, children } = props;
  const opener = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const close = (event: Event) => {
    if (closesOnChoice && (event.target as Element).closest("a, button") !== null) {
      panel.current?.hidePopover();
    }
  };
  return (
    <>
      <button
        ref={opener}
        type="button"
        class={`button ${more}`}
        aria-label={name}
        title={name === word ? undefined : name}
        popovertarget={id}
      >
        {word}
      </button>
      <div
        ref={panel}
        id={id}
        class="menu"
        popover="auto"
        role="group"
        aria-label={name}
        onClick={close}
        onToggle={() => putBelow(panel.current, opener.current)}
      >
        {children}
      </div>
    </>
  );
}

/** Below the button that opens it, within the window. */
function putBelow(panel: HTMLElement | null, opener: HTMLElement | null): void {
  if (panel === null || opener === null) {
    return;
  }
  const { left, bottom } = opener.getBoundingClientRect();
  const most = window.innerWidth - panel.offsetWidth - FROM_EDGE_PX;
  panel.style.left = `${Math.max(FROM_EDGE_PX, Math.min(left, most))}px`;
  panel.style.top = `${bottom + FROM_EDGE_PX / 2}px`;
}
