/** The drawing of the map: what the mouse and the keys do on it. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Neuron } from "./contract";
import type { Spot } from "./geometry";
import type { NeuronMap } from "./neuron_map";
import { sectionInWords } from "./neuron_map";
import { Painter } from "./painter";
import { Projection, WHOLE, zoomed, type Scene, type View } from "./scene";

/** Less than this is a click, not a drag. */
const DRAG_PX = 4;
const ZOOM_STEP = 1.6;

interface DrawingProps {
  readonly map: NeuronMap;
  readonly neuron: Neuron;
}

export function MapDrawing({ map, neuron }: DrawingProps) {
  const below = useRef<HTMLCanvasElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState<View>(WHOLE);
  const size = useSize(canvas);
  const look = useLook();
  const projection = useMemo(() => new Projection(neuron, map.plane.value), [neuron, map.plane.value]);
  const scene = useMemo(
    () => projection.layOut(size.width, size.height, view),
    [projection, size.width, size.height, view],
  );
  useEffect(() => setView(WHOLE), [neuron.root_id, map.plane.value]);
  usePainting({ below, canvas }, scene, map, `${look} ${size.width} ${size.height}`);
  const at = map.focused.value ?? 0;
  const section = neuron.sections[at];
  return (
    <div class="minimap__drawing">
      <div
        class="minimap__list"
        role="listbox"
        tabIndex={0}
        aria-label="Sections of the neuron"
        aria-activedescendant="minimap-section"
        title="Click a section to go there. Arrow keys choose one, Enter goes; wheel or + and − zoom, drag moves"
        onKeyDown={(event) => onKey(event, map, scene, (next) => setView(next(view)))}
      >
        {section !== undefined && (
          <span
            id="minimap-section"
            class="visually-hidden"
            role="option"
            aria-selected={at === map.present.value}
            aria-posinset={at + 1}
            aria-setsize={neuron.sections.length}
          >
            {sectionInWords(section, neuron.sections.length)}
            {at === map.present.value ? ", this page" : ""}
          </span>
        )}
        <canvas ref={below} class="minimap__below" />
        <canvas ref={canvas} class="minimap__canvas" {...usePointer(map, scene, view, setView)} />
      </div>
      {view !== WHOLE && (
        <button type="button" class="button minimap__whole" onClick={() => setView(WHOLE)}>
          Whole neuron
        </button>
      )}
    </div>
  );
}

const MOVES: Readonly<Record<string, Parameters<NeuronMap["move"]>[0]>> = {
  ArrowLeft: "before",
  ArrowRight: "after",
  ArrowUp: "parent",
  ArrowDown: "child",
  Home: "first",
  End: "last",
};
const ZOOMS: Readonly<Record<string, number>> = { "+": ZOOM_STEP, "=": ZOOM_STEP, "-": 1 / ZOOM_STEP };

/** Keys of the map are not for the grid. */
function onKey(
  event: KeyboardEvent,
  map: NeuronMap,
  scene: Scene,
  change: (next: (view: View) => View) => void,
): void {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const [move, zoom] = [MOVES[event.key], ZOOMS[event.key]];
  if (move !== undefined) {
    map.move(move);
  } else if (zoom !== undefined) {
    const spots = scene.lines[map.focused.value ?? 0]?.spots ?? [];
    const middle = spots[Math.floor(spots.length / 2)] ?? { x: 0, y: 0 };
    change((view) => zoomed(view, zoom, middle));
  } else if (event.key === "Enter" || event.key === " ") {
    void map.go(map.focused.value);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** A click goes to the section under the pointer, a drag moves the drawing, the wheel zooms. */
function usePointer(map: NeuronMap, scene: Scene, view: View, setView: (view: View) => void) {
  const held = useRef<{ readonly start: Spot; readonly view: View; isDrag: boolean } | null>(null);
  return {
    "data-pointing": map.hovered.value !== null,
    onPointerDown: (event: PointerEvent) => {
      held.current = { start: spotOf(event), view, isDrag: false };
    },
    onPointerMove: (event: PointerEvent) => {
      const spot = spotOf(event);
      const grip = held.current;
      if (grip === null || event.buttons === 0) {
        held.current = null;
        map.hovered.value = scene.sectionAt(spot);
        return;
      }
      const [dx, dy] = [spot.x - grip.start.x, spot.y - grip.start.y];
      grip.isDrag ||= Math.hypot(dx, dy) > DRAG_PX;
      if (grip.isDrag && grip.view.zoom > 1) {
        setView({ zoom: grip.view.zoom, x: grip.view.x + dx, y: grip.view.y + dy });
      }
    },
    onPointerLeave: () => {
      map.hovered.value = null;
    },
    onClick: (event: MouseEvent) => {
      const isDrag = held.current?.isDrag === true;
      held.current = null;
      const at = scene.sectionAt(spotOf(event));
      if (!isDrag && at !== null) {
        map.focused.value = at;
        void map.go(at);
      }
    },
    onWheel: (event: WheelEvent) => {
      event.preventDefault();
      setView(zoomed(view, event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, spotOf(event)));
    },
  };
}

function spotOf(event: MouseEvent): Spot {
  return { x: event.offsetX, y: event.offsetY };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of the drawing in CSS pixels. */
function useSize(canvas: { readonly current: HTMLCanvasElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 1, height: 1 });
  useEffect(() => {
    const element = canvas.current;
    if (element === null) {
      return undefined;
    }
    const measure = () =>
      setSize({ width: Math.max(1, element.clientWidth), height: Math.max(1, element.clientHeight) });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  return size;
}

/** Another text whenever the colours of the page change. */
function useLook(): string {
  const [isDark, setDark] = useState(() => window.matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const wish = window.matchMedia("(prefers-color-scheme: dark)");
    const heed = () => setDark(wish.matches);
    wish.addEventListener("change", heed);
    return () => wish.removeEventListener("change", heed);
  }, []);
  return isDark ? "dark" : "light";
}

/** Draws in the browser's own time, once for however many changes. */
function usePainting(
  { below, canvas }: Readonly<Record<"below" | "canvas", { current: HTMLCanvasElement | null }>>,
  scene: Scene,
  map: NeuronMap,
  look: string,
): void {
  const painter = useRef<Painter | null>(null);
  const pointed = { present: map.present.value, named: map.hovered.value ?? map.focused.value };
  useEffect(() => {
    const [under, over] = [below.current, canvas.current];
    if (under === null || over === null) {
      return undefined;
    }
    const turn = requestAnimationFrame(() => {
      sharpen(under);
      sharpen(over);
      painter.current ??= new Painter(under, over);
      painter.current.paint(scene, pointed, look);
    });
    return () => cancelAnimationFrame(turn);
  }, [scene, pointed.present, pointed.named, look]);
}

/** Gives a canvas the pixels of the screen; whatever was drawn goes where they are others. */
function sharpen(canvas: HTMLCanvasElement): void {
  const width = Math.round(canvas.clientWidth * window.devicePixelRatio);
  const height = Math.round(canvas.clientHeight * window.devicePixelRatio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
}
