/** What the person is told, and what they can do about it. */

import { NO_REASONS, type Said } from "./labels";
import type { PageSession } from "./page_session";
import { wordsOf } from "./reasons";
import { CANNOT_JUDGE, saidWith } from "./said";
import type { TileModel } from "./tile_model";

/** A sentence for the person, with what they can do about it. */
export interface Notice {
  readonly sentence: string;
  readonly button: { readonly title: string; readonly run: () => void } | null;
  readonly link: { readonly title: string; readonly url: string; readonly newTab: boolean } | null;
  /** Whether it tells of a success, which asks nothing of the person. */
  readonly isGood?: boolean;
}

export function notice(sentence: string, title: string, run: () => void): Notice {
  return { sentence, button: { title, run }, link: null };
}

export function loginNotice(url: string, again: () => void): Notice {
  return {
    sentence: "You are no longer logged in. Your labels are kept on this page: log in, then go on.",
    link: { title: "Log in", url, newTab: true },
    button: { title: "Go on", run: again },
  };
}

export function retryNotice(error: unknown, again: () => void, title = "Try again"): Notice {
  return notice(error instanceof Error ? error.message : String(error), title, again);
}

/** Why another page was not opened; the one that is shown stays. */
export function staysNotice(error: unknown, close: () => void): Notice {
  return notice(error instanceof Error ? error.message : String(error), "Stay on this page", close);
}

/** What nobody has seen is handed in as unsure, and not without being asked about. */
export function unseenNotice(
  session: PageSession,
  unseen: readonly TileModel[],
  submit: () => void,
): Notice {
  const which = unseen.length === 1 ? "One synapse" : `${unseen.length} synapses`;
  const run = () => {
    for (const tile of unseen.filter((each) => !each.judged.value)) {
      session.judge(tile, said);
    }
    submit();
  };
  const { categories } = session.page;
  const isOffered = categories.some(({ key }) => key === CANNOT_JUDGE);
  const said: Said = isOffered
    ? saidWith({ categories: [CANNOT_JUDGE], note: "" }, "unsure")
    : { label: "unsure", ...NO_REASONS };
  const sentence = `${which} could not be shown yet and would go in as ${wordsOf(said, categories)}.`;
  return notice(sentence, "Submit with unsure", run);
}

/** What became of the labels of a page that is no longer held, and of the page. */
export function fateOfPage(session: PageSession): string {
  const { value: lost } = session.lost;
  if (session.unsentCount > 0) {
    return `${lost} ${unsaved(session)} Keep this page open until everything is saved.`;
  }
  const { value: late } = session.late;
  return late === "" ? `${lost} Your labels were kept.` : `Your labels were kept. ${late}`;
}

export function unsaved(session: PageSession): string {
  const count = session.unsentCount;
  const what = session.marks === null ? "label" : "mark";
  return `${count === 1 ? `One ${what} has` : `${count} ${what}s have`} not reached the server yet.`;
}
