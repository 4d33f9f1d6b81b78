/** What the person has to know, and what they can do about it. */

import type { ReadonlySignal } from "@preact/signals";

import type { Notice } from "../notices";

interface NoticeProps {
  readonly controller: { readonly notice: ReadonlySignal<Notice | null> };
}

export function NoticeBar({ controller }: NoticeProps) {
  const notice = controller.notice.value;
  return (
    <div class="notice-place" role="alert">
      {notice !== null && (
        <div class="notice" data-good={notice.isGood === true ? "" : undefined}>
          <p>{notice.sentence}</p>
          {notice.link !== null && (
            <a
              class="button"
              href={notice.link.url}
              target={notice.link.newTab ? "_blank" : "_self"}
              rel="noopener"
            >
              {notice.link.title}
            </a>
          )}
          {notice.button !== null && (
            <button type="button" class="button" onClick={notice.button.run}>
              {notice.button.title}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
