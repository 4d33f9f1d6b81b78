/**
 * A page to look for missed synapses on: Neuroglancer at the beginning of a section of a neuron,
 * a way along it, and the places that the person has marked.
 */

import { useEffect, useMemo, useState } from "preact/hooks";

import { AskedView } from "../../../datasets/frontend/neuroglancer/asked_view";
import { keysOfFrame } from "../../../datasets/frontend/neuroglancer/frame_keys";
import type { KeyAction } from "../commands";
import type { GridController } from "../grid_controller";
import { actionOf } from "../keyboard";
import type { PageSession } from "../page_session";
import type { KeyMap } from "../key_map";
import { lengthInWords } from "./geometry";
import { KeyName } from "./key_name";
import { MarkList } from "./mark_list";
import type { MarkKeeper } from "./marks";
import { SearchWalk, STEPS_NM } from "./search_walk";
import { searchState, ViewerFrame, type Neuroglancer } from "./viewer_frame";

interface SearchProps {
  readonly controller: GridController;
  readonly session: PageSession;
  readonly marks: MarkKeeper;
}

/** Nothing where the page lies on no section: then there is nothing to walk along. */
export function SearchPage(props: SearchProps) {
  const { session, marks, controller } = props;
  const { section } = session.page;
  const walk = useMemo(
    () => (section === null ? null : new SearchWalk(section, marks, () => session.noteActivity())),
    [session],
  );
  useEffect(() => {
    controller.walk.value = walk;
    void marks.open();
    return () => {
      controller.walk.value = null;
      walk?.stop();
    };
  }, [walk]);
  useEffect(() => walk?.showMarks(), [marks.shown.value]);
  const [changing, setChanging] = useState<PageSession | null>(null);
  const isHeld = session.page.state === "held";
  const mayChange = controller.isAtWork.value && (isHeld || changing === session);
  useEffect(() => {
    if (walk !== null) {
      walk.mayMark.value = mayChange;
    }
  }, [walk, mayChange]);
  if (section === null || walk === null) {
    return <p class="search__none">This page lies on no section of a neuron.</p>;
  }
  const { keys } = controller;
  return (
    <section class="search" aria-label="Look for missed synapses">
      <div class="search__main">
        <p class="search__task">
          <strong>Look for missed synapses</strong> along section {section.number + 1} of{" "}
          {section.sections}. White points are known synapses.
        </p>
        {!isHeld && !session.page.isFixed && (
          <p class="search__task">
            You have submitted this page.{" "}
            {changing === session ? (
              "What you change counts at once."
            ) : (
              <button type="button" class="button" onClick={() => setChanging(session)}>
                Change its marks
              </button>
            )}
          </p>
        )}
        <Viewer {...props} walk={walk} />
        <p class="search__refused" role="status">
          {walk.refused.value}
        </p>
        <Bar walk={walk} mayMark={mayChange} keys={keys} />
      </div>
      <MarkList walk={walk} marks={marks} mayChange={mayChange} keys={keys} />
      <p class="visually-hidden" role="status">
        {walk.told.value}
      </p>
    </section>
  );
}

interface ViewerProps extends SearchProps {
  readonly walk: SearchWalk;
}

function Viewer({ controller, session, walk }: ViewerProps) {
  return (
    <AskedView
      url={session.page.urls.neuroglancer}
      title="The section in Neuroglancer"
      class="search__frame"
      change={(state) => searchState(state, walk.section.path_nm, isNarrow())}
      onLoad={(frame) => {
        walk.lookThrough(
          new ViewerFrame(frame as Window & { readonly viewer?: Neuroglancer }, () => walk.moved()),
        );
        keysOfFrame(frame, (event) => onKey(event, controller), () => session.noteActivity());
      }}
    />
  );
}

/** As in search.css: one panel of Neuroglancer is all that there is room for. */
function isNarrow(): boolean {
  return window.matchMedia("(max-width: 50rem)").matches;
}

const HEEDED: readonly KeyAction["do"][] = ["walk", "mark", "mesh", "map", "submit"];

/** In the frame Neuroglancer has keys of its own; of the grid's, only these are heeded there, and
    none while a field of it is typed in. */
function onKey(event: KeyboardEvent, controller: GridController): boolean {
  const action = actionOf(event, controller.keys);
  if (action === null || !HEEDED.includes(action.do)) {
    return false;
  }
  controller.act(action);
  return true;
}

interface BarProps {
  readonly walk: SearchWalk;
  readonly mayMark: boolean;
  readonly keys: KeyMap;
}

function Bar({ walk, mayMark, keys }: BarProps) {
  const { lengthNm } = walk.path;
  const at = walk.atNm.value;
  const words = `${lengthInWords(at)} of ${lengthInWords(lengthNm)}`;
  return (
    <div class="search__bar">
      <button
        type="button"
        class="button"
        title="Back along the section"
        disabled={at <= 0}
        onClick={() => walk.step(-1)}
      >
        ◀ Back <KeyName keys={keys} name="walk-back" />
      </button>
      <input
        type="range"
        class="search__place"
        aria-label="Place along the section"
        aria-valuetext={words}
        min="0"
        max={Math.max(1, lengthNm)}
        step="any"
        value={at}
        onInput={(event) => walk.goTo(Number(event.currentTarget.value))}
      />
      <button
        type="button"
        class="button"
        title="On along the section"
        disabled={walk.isAtEnd.value}
        onClick={() => walk.step(1)}
      >
        On ▶ <KeyName keys={keys} name="walk-on" />
      </button>
      <output class="search__far">{words}</output>
      <label class="search__step">
        <span class="visually-hidden">Step</span>
        <select
          class="field"
          title="How far a step goes"
          value={walk.stepNm.value}
          onChange={(event) => (walk.stepNm.value = Number(event.currentTarget.value))}
        >
          {STEPS_NM.map((step) => (
            <option key={step} value={step}>
              by {lengthInWords(step)}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="button search__mark"
        title="Mark the place in the middle; the key marks the one under the pointer"
        disabled={!mayMark || !walk.isReady.value}
        onClick={() => walk.mark()}
      >
        Mark <KeyName keys={keys} name="mark" />
      </button>
    </div>
  );
}
