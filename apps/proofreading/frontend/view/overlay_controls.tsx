/** What lies over the image: whether it is shown, and how strongly masks are. */

import type { KeyMap } from "../key_map";
import type { OverlayPreferences } from "../preferences";

interface OverlayProps {
  readonly keys: KeyMap;
  readonly overlay: OverlayPreferences;
}

export function OverlaySwitch({ keys, overlay }: OverlayProps) {
  return (
    <button
      type="button"
      class="button switch"
      aria-pressed={overlay.shown.value}
      title={keys.titled("Show or hide mask and points", "overlay")}
      onClick={() => overlay.toggle()}
    >
      <span class="switch__mark" aria-hidden="true" />
      Overlay
    </button>
  );
}

interface SliderProps {
  /** What it is of; said, and shown where `isWordShown`. */
  readonly word: string;
  readonly isWordShown?: boolean;
  /** 0 to 1. */
  readonly value: number;
  readonly set: (opacity: number) => void;
  readonly class?: string;
  readonly title?: string;
}

export function OpacitySlider(props: SliderProps) {
  const { word, isWordShown = true, value, set, class: more = "", title } = props;
  const percent = Math.round(value * 100);
  return (
    <label class={`slider ${more}`} title={title}>
      <span class={isWordShown ? "slider__word" : "visually-hidden"}>{word}</span>
      <input
        type="range"
        min="0"
        max="100"
        step="10"
        value={percent}
        onPointerUp={(event) => event.currentTarget.blur()} // arrow keys are for the tiles again
        onInput={(event) => set(Number(event.currentTarget.value) / 100)}
      />
      <output class="slider__percent">{percent} %</output>
    </label>
  );
}

/** The opacity of all masks, without a word, as bars have it. */
export function OpacityOfAll({ keys, overlay, class: more }: OverlayProps & { readonly class?: string }) {
  return (
    <OpacitySlider
      word="Mask opacity in percent"
      isWordShown={false}
      value={overlay.opacity.value}
      set={(opacity) => overlay.setOpacity(opacity)}
      title={`${keys.titled("Less mask opacity", "opacity-less")}, ${keys.titled("more", "opacity-more")}`}
      {...(more === undefined ? {} : { class: more })}
    />
  );
}
