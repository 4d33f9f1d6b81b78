/** The whole page: Neuroglancer, and beside it what is reviewed, what waits and what was added. */

import { useLayoutEffect, useMemo } from "preact/hooks";

import { AskedView } from "../../../../datasets/frontend/neuroglancer/asked_view";
import { keysOfFrame } from "../../../../datasets/frontend/neuroglancer/frame_keys";
import { shownChord } from "../../../../proofreading/frontend/chords";
import { ViewerFrame, type Neuroglancer } from "../../../../proofreading/frontend/neuron/viewer_frame";
import type { PersonalSettings } from "../../../../proofreading/frontend/personal_settings";
import { KeysDialog } from "../../../../proofreading/frontend/view/keys_dialog";
import { NoticeBar } from "../../../../proofreading/frontend/view/notice_bar";
import { MISSED_COMMANDS, type CommandName } from "../commands";
import { wheelAsInGrid } from "../frame_wheel";
import { missedState } from "../layers";
import type { MissedController } from "../missed_controller";
import { pressOnMissed } from "../missed_keys";
import { MissedHelp } from "./missed_help";
import { AddedList } from "./added_list";
import { MarkLists } from "./mark_lists";
import { Review } from "./review";

export interface MissedFacts {
  readonly campaign: string;
  readonly campaignUrl: string;
  readonly reviseUrl: string;
  /** Where the state of the view is asked for. */
  readonly viewUrl: string;
}

interface MissedProps {
  readonly missed: MissedController;
  readonly facts: MissedFacts;
}

export function MissedView({ missed, facts, settings }: MissedProps & { readonly settings: PersonalSettings }) {
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (pressOnMissed(event, missed)) {
        event.preventDefault();
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [missed]);
  return (
    <>
      <Bar missed={missed} facts={facts} />
      <NoticeBar controller={missed} />
      <div class="missed">
        <section class="missed__main" aria-label="Look for missed synapses">
          <p class="missed__task">
            <strong>Add a new instance:</strong> where you see a synapse without a point, press{" "}
            <Key missed={missed} name="missed-mark" /> over it. White points are known synapses
            {missed.around.isCut.value && " (only the nearest are shown)"}, pale blue ones were added, orange
            ones are marks that wait.
          </p>
          <Viewer missed={missed} facts={facts} />
          <Places missed={missed} />
        </section>
        <aside class="missed__side" aria-label="Missed synapses">
          <Review missed={missed} />
          <MarkLists missed={missed} />
          <AddedList missed={missed} />
        </aside>
      </div>
      <p class="visually-hidden" role="status">
        {missed.told.value}
      </p>
      <MissedHelp missed={missed} />
      <KeysDialog controller={missed} settings={settings} onClosed={() => undefined} />
    </>
  );
}

function Bar({ missed, facts }: MissedProps) {
  return (
    <div class="toolbar missed-bar">
      <div class="toolbar__place">
        <h1 class="toolbar__campaign">Missed synapses</h1>
        <p class="toolbar__progress quiet">
          <a href={facts.campaignUrl}>{facts.campaign}</a>
        </p>
      </div>
      <div class="toolbar__end">
        <button
          type="button"
          class="button"
          title={missed.keys.titled("What keys do", "missed-help")}
          onClick={() => missed.windows.help.open()}
        >
          Help
        </button>
        <a class="button" href={facts.reviseUrl}>
          Revise
        </a>
      </div>
    </div>
  );
}

function Viewer({ missed, facts }: MissedProps) {
  const onLoad = useMemo(
    () => (frame: Window) => {
      const shown = frame as Window & { readonly viewer?: Neuroglancer };
      missed.lookThrough(new ViewerFrame(shown, () => missed.moved()));
      wheelAsInGrid(frame);
      keysOfFrame(
        frame,
        (event) => pressOnMissed(event, missed),
        () => undefined,
      );
    },
    [missed],
  );
  return (
    <AskedView
      url={facts.viewUrl}
      title="The volumes in Neuroglancer"
      class="missed__frame"
      change={(state) => missedState(state, window.matchMedia("(max-width: 50rem)").matches)}
      onLoad={onLoad}
    />
  );
}

/** What keys do under the pointer, for the place in the middle. */
function Places({ missed }: { readonly missed: MissedController }) {
  const [ready, draft, slice] = [missed.isReady.value, missed.draft.value, missed.slice.value];
  const rest = { disabled: !ready || draft === null };
  return (
    <div class="missed__bar" role="group" aria-label="In the middle of the view">
      <button
        type="button"
        class="button missed__mark"
        title="In the middle of the view; the key marks what is under the pointer"
        disabled={!ready}
        onClick={() => missed.mark()}
      >
        {draft === null ? "Mark" : "Move here"} <Key missed={missed} name="missed-mark" />
      </button>
      <button type="button" class="button" {...rest} onClick={() => missed.set("pre")}>
        Pre <Key missed={missed} name="missed-pre" />
      </button>
      <button type="button" class="button" {...rest} onClick={() => missed.set("post")}>
        Post <Key missed={missed} name="missed-post" />
      </button>
      <span class="missed__slice">
        Slice <output>{slice ?? "–"}</output> is
        <button type="button" class="button" {...rest} onClick={() => missed.takeSlice("z1")}>
          Z1 <Key missed={missed} name="missed-first" />
        </button>
        <button type="button" class="button" {...rest} onClick={() => missed.takeSlice("z2")}>
          Z2 <Key missed={missed} name="missed-last" />
        </button>
      </span>
    </div>
  );
}

export function Key({ missed, name }: { readonly missed: MissedController; readonly name: CommandName }) {
  const command = MISSED_COMMANDS.find((each) => each.name === name);
  const chord = command && missed.keys.keysOf(command)[0];
  return chord === undefined ? null : <kbd>{shownChord(chord)}</kbd>;
}
