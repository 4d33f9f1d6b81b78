/** Tools, what they can be set to, and what is done with a whole slice. */

import { shownChord } from "../../../proofreading/frontend/chords";
import type { DrawingTool, Tool } from "../board";
import { REVISE_COMMANDS, type CommandName } from "../commands";
import { LARGEST_BRUSH, SMALLEST_BRUSH } from "../drawing/brush";
import { FEWEST_POINTS, MOST_POINTS } from "../drawing/spline";
import type { EaselSession } from "../easel_session";
import { toMiddle } from "../key_deeds";
import type { ReviseController } from "../revise_controller";

interface ToolsProps {
  readonly revise: ReviseController;
  readonly session: EaselSession;
}

const TOOLS: readonly (readonly [Tool, string, CommandName])[] = [
  ["draw", "Curve", "revise-draw"],
  ["fill", "Fill hole", "revise-fill"],
  ["brush", "Brush", "revise-brush"],
  ["erase", "Eraser", "revise-erase"],
  ["pre", "Pre point", "revise-pre"],
  ["post", "Post point", "revise-post"],
];

export function Tools({ revise, session }: ToolsProps) {
  const { board } = session;
  return (
    <div class="tools" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      <div class="tools__group" role="group" aria-label="Tool">
        {TOOLS.map(([tool, title, name]) => (
          <button
            key={tool}
            type="button"
            class="tools__tool"
            data-tool={tool}
            aria-pressed={board.tool.value === tool}
            title={revise.keys.titled(title, name)}
            onClick={() => board.take(tool)}
          >
            <span class="tools__sign" aria-hidden="true" />
            <span>{title}</span>
            <Key revise={revise} name={name} />
          </button>
        ))}
      </div>
      <Setting session={session} revise={revise} />
      <Deeds revise={revise} session={session} />
      <Sight revise={revise} session={session} />
    </div>
  );
}

export function Key({
  revise,
  name,
}: {
  readonly revise: ReviseController;
  readonly name: CommandName;
}) {
  const command = REVISE_COMMANDS.find((each) => each.name === name);
  const chord = command && revise.keys.keysOf(command)[0];
  return chord === undefined ? null : (
    <kbd class="tools__key" aria-hidden="true">
      {shownChord(chord)}
    </kbd>
  );
}

/** The size of a brush, or the number of points of the curve. */
function Setting({ revise, session }: ToolsProps) {
  const { board, book } = session;
  const tool = board.tool.value as DrawingTool;
  const curve = book.slice.value.curve.value;
  if (tool === "brush" || tool === "erase") {
    const size = tool === "brush" ? board.brushSize : board.eraserSize;
    const range = { least: SMALLEST_BRUSH, most: LARGEST_BRUSH };
    return (
      <Slider
        name={tool === "brush" ? "Width of the brush" : "Width of the eraser"}
        value={size.value}
        {...range}
        unit={size.value === 1 ? "voxel" : "voxels"}
        change={(value) => (size.value = value)}
      />
    );
  }
  if (tool !== "draw") {
    return null;
  }
  const isClosed = curve?.isClosed === true;
  return (
    <>
      <Slider
        name="Points of the curve"
        value={curve?.points.length ?? board.pointCount.value}
        least={Math.min(FEWEST_POINTS, curve?.points.length ?? FEWEST_POINTS)}
        most={MOST_POINTS}
        unit="points"
        change={(value) => board.slidePointCount(value)}
        end={() => board.release()}
      />
      <div class="tools__row">
        <Deed revise={revise} name="revise-fill" title="Fill it" isOff={!isClosed} run={() => board.fill()} />
        <Deed
          revise={revise}
          name="revise-fill-instead"
          title="Fill instead"
          isOff={!isClosed}
          run={() => board.fill(true)}
        />
        <Deed
          revise={revise}
          name="revise-drop-curve"
          title="Drop it"
          isOff={curve === null}
          run={() => board.dropCurve()}
        />
      </div>
      <p class="tools__hint">
        {curve === null
          ? "Drag around the cleft, or click points one by one."
          : "Drag a point; click the curve for one more; right click takes one away."}
      </p>
    </>
  );
}

interface SliderProps {
  readonly name: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly unit: string;
  readonly change: (value: number) => void;
  /** The slider was let go. */
  readonly end?: () => void;
}

function Slider({ name, value, least, most, unit, change, end }: SliderProps) {
  return (
    <label class="tools__slider">
      <span>{name}</span>
      <span class="tools__value">
        <input
          type="range"
          min={least}
          max={most}
          value={value}
          aria-valuetext={`${value} ${unit}`}
          onInput={(event) => change(Number(event.currentTarget.value))}
          onChange={() => end?.()}
        />
        <output>{value}</output>
      </span>
    </label>
  );
}

interface DeedProps {
  readonly revise: ReviseController;
  readonly name: CommandName;
  readonly title: string;
  /** Shown instead of the title, which is its name then. */
  readonly sign?: string;
  readonly isOff?: boolean;
  readonly run: () => void;
}

export function Deed({ revise, name, title, sign, isOff = false, run }: DeedProps) {
  const meaning = REVISE_COMMANDS.find((each) => each.name === name)?.meaning ?? title;
  return (
    <button
      type="button"
      class="button tools__deed"
      disabled={isOff}
      title={revise.keys.titled(meaning, name)}
      aria-label={sign === undefined ? undefined : title}
      onClick={run}
    >
      {sign ?? title}
    </button>
  );
}

/** What of the picture is in sight: for who has no keys and no wheel, too. */
function Sight({ revise, session }: ToolsProps) {
  const { board } = session;
  return (
    <div class="tools__sight" role="group" aria-label="Picture">
      <Deed
        revise={revise}
        name="revise-zoom-out"
        title="Zoom out"
        sign="−"
        run={() => revise.stage?.zoom(-1)}
      />
      <Deed
        revise={revise}
        name="revise-zoom-in"
        title="Zoom in"
        sign="+"
        run={() => revise.stage?.zoom(1)}
      />
      <Deed revise={revise} name="revise-fit" title="Whole" run={() => revise.stage?.fit()} />
      <button
        type="button"
        class="button tools__deed"
        aria-pressed={board.isMoving.value}
        title="Move the picture instead of drawing on it (Space with the hand)"
        onClick={() => (board.isMoving.value = !board.isMoving.peek())}
      >
        Move
      </button>
      <Deed
        revise={revise}
        name="revise-middle"
        title="Middle"
        run={() => toMiddle(session)}
      />
    </div>
  );
}

/** What is done with the whole slice. */
function Deeds({ revise, session }: ToolsProps) {
  const { board, book } = session;
  const slice = book.slice.value;
  const last = book.slices.length - 1;
  return (
    <div class="tools__group tools__slice" role="group" aria-label="Slice">
      <Deed
        revise={revise}
        name="revise-copy-on"
        title="Copy on"
        isOff={book.chosen.value === last}
        run={() => board.copy(1)}
      />
      <Deed
        revise={revise}
        name="revise-copy-back"
        title="Copy back"
        isOff={book.chosen.value === 0}
        run={() => board.copy(-1)}
      />
      <Deed revise={revise} name="revise-clear" title="Clear" run={() => board.clear()} />
      <Deed
        revise={revise}
        name="revise-original"
        title="As original"
        isOff={slice.mask.value.equals(slice.original)}
        run={() => board.asOriginal()}
      />
      <Deed
        revise={revise}
        name="revise-versions"
        title="Versions…"
        run={() => revise.windows.versions.open()}
      />
    </div>
  );
}
