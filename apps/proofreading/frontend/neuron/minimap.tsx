/** The neuron beside the grid: its sections, one's own progress, and a way to any section. */

import type { ComponentChildren } from "preact";

import type { KeyMap } from "../key_map";
import type { NeuronMap } from "./neuron_map";
import { progressInWords, sectionInWords, STATE_WORDS } from "./neuron_map";
import { SECTION_STATES, type Neuron } from "./contract";
import { lengthInWords, PLANES, PLANE_WORDS } from "./geometry";
import type { Label } from "../labels";
import { MapDrawing } from "./map_drawing";
import { STATE_STYLES } from "./painter";

interface MinimapProps {
  readonly map: NeuronMap;
  /** Opens the neuron in 3-D; null where there is no page to open it from. */
  readonly openMesh: (() => void) | null;
  readonly keys: KeyMap;
  /** What stands under the map. */
  readonly children?: ComponentChildren;
}

export function Minimap({ map, openMesh, keys, children }: MinimapProps) {
  const isOpen = map.isOpen.value;
  return (
    <aside class="minimap" data-open={isOpen} data-mesh={isOpen && hasMesh(map)} aria-label="Neuron">
      <button
        type="button"
        class="button minimap__toggle"
        aria-expanded={isOpen}
        title={keys.titled(isOpen ? "Hide the map of the neuron" : "Show the map of the neuron", "map")}
        onClick={() => map.toggle()}
      >
        <span aria-hidden="true">{isOpen ? "›" : "‹"}</span>
        <span class="minimap__toggle-word">Neuron</span>
      </button>
      {isOpen && (
        <Inside map={map} openMesh={openMesh} keys={keys}>
          {children}
        </Inside>
      )}
    </aside>
  );
}

/** Whether the neuron in 3-D stands under the map. */
function hasMesh({ mesh, neuron }: NeuronMap): boolean {
  const isThere = neuron.value !== null && neuron.value.sections.length > 0;
  return isThere && mesh.isBeside.value && mesh.isOpen.value;
}

function Inside({ map, openMesh, keys, children }: MinimapProps) {
  const neuron = map.neuron.value;
  return (
    <div class="minimap__inside">
      <div class="minimap__head">
        <Choice map={map} neuron={neuron} />
        <button
          type="button"
          class="button"
          title={keys.titled("The neuron in 3-D: mesh, skeleton and where you are", "mesh")}
          disabled={openMesh === null}
          {...(map.mesh.isBeside.value ? { "aria-pressed": hasMesh(map) } : {})}
          onClick={() => openMesh?.()}
        >
          3-D
        </button>
      </div>
      {map.failure.value !== "" && (
        <p class="minimap__failure" role="status">
          {map.failure.value}
        </p>
      )}
      {neuron !== null && neuron.sections.length > 0 && (
        <>
          <p class="minimap__progress">{progressInWords(neuron)}</p>
          <MapDrawing map={map} neuron={neuron} />
          <Named map={map} neuron={neuron} />
          <Legend map={map} neuron={neuron} />
          {hasMesh(map) && children}
        </>
      )}
    </div>
  );
}

/** Which neuron is shown; a campaign may have several. */
function Choice({ map, neuron }: { readonly map: NeuronMap; readonly neuron: Neuron | null }) {
  const rows = map.neurons.value;
  if (rows.length < 2) {
    return <h2 class="minimap__name">Neuron {neuron?.root_id ?? ""}</h2>;
  }
  return (
    <select
      class="field minimap__name"
      aria-label="Neuron that is shown"
      value={neuron?.root_id ?? ""}
      onPointerDown={() => void map.refreshList()}
      onFocus={() => void map.refreshList()}
      onChange={(event) => void map.show(event.currentTarget.value)}
    >
      {rows.map((row) => (
        <option key={row.root_id} value={row.root_id}>
          Neuron {row.root_id} – {row.pages_done} of {row.pages} pages
        </option>
      ))}
    </select>
  );
}

/** True whatever the server answers: it may give no page, and its sentence is then shown. */
const GOES =
  "Ask for a page of this section. A page that you have begun is put aside with its labels, " +
  "and comes back when you are here again";

/** What is told of the section that is pointed at, and the button that goes there. */
export function Named({ map, neuron }: { readonly map: NeuronMap; readonly neuron: Neuron }) {
  const at = map.hovered.value ?? map.focused.value;
  const section = at === null ? undefined : neuron.sections[at];
  if (section === undefined) {
    return null;
  }
  const isPresent = at === map.present.value;
  return (
    <div class="minimap__named">
      <p aria-hidden="true">
        {sectionInWords(section, neuron.sections.length)}, {lengthInWords(section.length_nm)}
      </p>
      <button
        type="button"
        class="button"
        disabled={isPresent}
        title={GOES}
        onClick={() => void map.go(at)}
      >
        {isPresent ? "You are here" : `Go to ${section.number + 1}`}
      </button>
    </div>
  );
}

const DOTS: readonly (readonly [words: string, label: Label | null])[] = [
  ["not judged", null],
  ["correct", "correct"],
  ["incorrect", "incorrect"],
  ["unsure", "unsure"],
];

/** As painter.ts draws them. */
function Dot({ label }: { readonly label: Label | null }) {
  switch (label) {
    case null:
      return <circle r="3" fill="var(--surface)" stroke="var(--text-quiet)" />;
    case "correct":
      return <circle r="4" fill="var(--correct)" />;
    case "incorrect":
      return <rect x="-3.5" y="-3.5" width="7" height="7" fill="var(--incorrect)" />;
    case "unsure":
      return <path d="M0 -4.5 L4.5 3.5 L-4.5 3.5 Z" fill="var(--unsure)" />;
  }
}

function Legend({ map, neuron }: { readonly map: NeuronMap; readonly neuron: Neuron }) {
  const there = new Set(neuron.sections.map(({ state }) => state));
  return (
    <div class="minimap__foot">
      <div class="minimap__choices">
        <label class="minimap__plane">
          Seen
          <select
            class="field"
            value={map.plane.value}
            onChange={(event) => {
              const plane = PLANES.find((one) => one === event.currentTarget.value);
              map.turnTo(plane ?? "flat");
            }}
          >
            {PLANES.map((plane) => (
              <option key={plane} value={plane}>
                {PLANE_WORDS[plane]}
              </option>
            ))}
          </select>
        </label>
        <label class="minimap__plane">
          <input
            type="checkbox"
            checked={map.mesh.isBeside.value}
            onChange={(event) => map.mesh.put(event.currentTarget.checked)}
          />
          3-D under the map
        </label>
      </div>
      <ul class="minimap__legend" aria-label="What the lines mean">
        {SECTION_STATES.filter((state) => there.has(state)).map((state) => (
          <li key={state}>
            <svg width="26" height="8" aria-hidden="true">
              <line
                x1="1"
                y1="4"
                x2="25"
                y2="4"
                stroke={`var(${STATE_STYLES[state].colour})`}
                stroke-width={STATE_STYLES[state].width}
                stroke-dasharray={STATE_STYLES[state].dashes.join(" ")}
              />
            </svg>
            {STATE_WORDS[state]}
          </li>
        ))}
        {map.present.value !== null && (
          <li>
            <svg width="26" height="8" aria-hidden="true">
              <line x1="1" y1="4" x2="25" y2="4" stroke="var(--text)" stroke-width="5" />
            </svg>
            this page
          </li>
        )}
        {neuron.soma_nm !== null && (
          <li>
            <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
              <circle r="5" fill="none" stroke="var(--text)" stroke-width="2" />
              <circle r="2" fill="var(--text)" />
            </svg>
            soma
          </li>
        )}
      </ul>
      <ul class="minimap__legend" aria-label="What the points mean">
        {DOTS.map(([words, label]) => (
          <li key={words}>
            <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
              <Dot label={label} />
            </svg>
            {words}
          </li>
        ))}
      </ul>
    </div>
  );
}
