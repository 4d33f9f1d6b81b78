/** The whole page: the bar, notices, tools, the picture, the panel, the slices, windows. */

import { useLayoutEffect } from "preact/hooks";

import type { PersonalSettings } from "../../../proofreading/frontend/personal_settings";
import { KeysDialog } from "../../../proofreading/frontend/view/keys_dialog";
import { NoticeBar } from "../../../proofreading/frontend/view/notice_bar";
import { ViewerWindow } from "../../../proofreading/frontend/view/viewer_window";
import type { EaselSession } from "../easel_session";
import { pressOnRevise } from "../key_deeds";
import type { ReviseController } from "../revise_controller";
import { ReviseBar, type PageFacts } from "./bar";
import { FactsDialog } from "./facts_dialog";
import { FinishDialog, ReleaseDialog } from "./finish_dialog";
import { HelpDialog } from "./help_dialog";
import { nameOf, Panel } from "./panel";
import { SliceStrip } from "./slice_strip";
import { StageView } from "./stage_view";
import { Tools } from "./tools";
import { VersionsDialog } from "./versions_dialog";

interface ReviseProps {
  readonly revise: ReviseController;
  readonly facts: PageFacts;
  /** Keeps the person's own keys. */
  readonly settings: PersonalSettings;
}

/** A closed window leaves the focus to no one; the picture takes it. */
function focusPicture(): void {
  document.querySelector<HTMLElement>(".stage__place")?.focus({ preventScroll: true });
}

export function ReviseView({ revise, facts, settings }: ReviseProps) {
  useKeys(revise);
  const session = revise.session.value;
  return (
    <>
      <ReviseBar revise={revise} facts={facts} />
      <NoticeBar controller={revise} />
      {session === null ? <Waiting revise={revise} facts={facts} /> : <Work revise={revise} session={session} />}
      <HelpDialog revise={revise} onClosed={() => revise.isCovered || focusPicture()} />
      <KeysDialog controller={revise} settings={settings} onClosed={focusPicture} />
    </>
  );
}

interface WorkProps {
  readonly revise: ReviseController;
  readonly session: EaselSession;
}

function Work({ revise, session }: WorkProps) {
  const { viewer } = revise.windows;
  return (
    <>
      <div class="work" key={session.revised.token}>
        <Tools revise={revise} session={session} />
        <StageView revise={revise} session={session} />
        <Panel revise={revise} session={session} />
        <SliceStrip session={session} />
      </div>
      <FinishDialog revise={revise} onClosed={focusPicture} />
      <ReleaseDialog revise={revise} onClosed={focusPicture} />
      <VersionsDialog revise={revise} session={session} onClosed={focusPicture} />
      <FactsDialog revise={revise} session={session} onClosed={focusPicture} />
      <ViewerWindow
        open={viewer.isOpen}
        name={`${nameOf(session.revised)} in Neuroglancer`}
        url={viewer.isOpen ? session.revised.urls.neuroglancer : null}
        close={() => viewer.close()}
        onClosed={focusPicture}
        note={() => revise.noteActivity()}
      />
    </>
  );
}

const TITLES: Readonly<Record<string, string>> = {
  none_left: "Everything is revised",
  all_held: "Nothing for you now",
  paused: "Revision rests",
  not_yet: "Nothing to revise yet",
  taken: "Not this one",
};

/** Before anything can be drawn on, and where nothing is to be done. */
function Waiting({ revise, facts }: Omit<ReviseProps, "settings">) {
  const none = revise.none.value;
  const opening = revise.opening.value;
  if (none === null) {
    const trouble = opening?.pictures.trouble.value ?? "";
    return (
      <div class="revise-wait" role="status">
        <p>{opening === null ? "Asking for what is to be revised…" : "Its picture is on its way…"}</p>
        {trouble !== "" && <p class="panel__advice">{trouble}</p>}
        {trouble !== "" && (
          <button type="button" class="button" onClick={() => opening?.pictures.retry()}>
            Ask again
          </button>
        )}
      </div>
    );
  }
  return (
    <div class="revise-wait" role="status">
      <h2>{TITLES[none.why] ?? "Nothing to revise"}</h2>
      <p>{none.sentence}</p>
      <p class="revise-dialog__ways">
        <button type="button" class="button button--main" onClick={() => void revise.openNext()}>
          {none.why === "taken" ? "The next one" : "Look again"}
        </button>
        <a class="button" href={facts.campaignUrl}>
          Back to the campaign
        </a>
        {facts.mineUrl !== undefined && (
          <a class="button" href={facts.mineUrl}>
            My revisions
          </a>
        )}
      </p>
    </div>
  );
}

function useKeys(revise: ReviseController): void {
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (pressOnRevise(event, revise)) {
        event.preventDefault();
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [revise]);
}
