/** What the server does not have yet is sent when a page of work is left, after a warning. */

export interface Unsent {
  /** Says what is being written and is not said yet. */
  endDraft(): void;
  unsentCount(): number;
  sendBeforeLeaving(): Promise<void>;
}

export function guardUnsent(work: Unsent): void {
  window.addEventListener("beforeunload", (event) => {
    work.endDraft();
    if (work.unsentCount() > 0) {
      event.preventDefault();
    }
  });
  window.addEventListener("pagehide", () => {
    work.endDraft();
    void work.sendBeforeLeaving();
  });
}
