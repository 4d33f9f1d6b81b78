/** What is drawn and how large, for those who look for a control rather than press a key. */

import type { ComponentChildren } from "preact";

import { COMMANDS, type CommandName } from "../commands";
import type { GridController } from "../grid_controller";
import { perform } from "../key_actions";
import { WHOLE } from "../magnifier";
import { LAYERS, type Layer } from "../preferences";
import { Menu } from "./menu";
import { OpacitySlider } from "./overlay_controls";

const LAYER_WORDS: Readonly<Record<Layer, string>> = {
  image: "Image",
  mask: "Mask",
  points: "Points",
};

interface MenuProps {
  readonly controller: GridController;
}

export function ViewMenu({ controller }: MenuProps) {
  return (
    <Menu id="view-menu" word="View" name="View">
      <Layers controller={controller} />
      <Opacities controller={controller} />
      <TileSizes controller={controller} />
      <Magnifier controller={controller} />
    </Menu>
  );
}

function Layers({ controller }: MenuProps) {
  const layers = controller.overlay.layers.value;
  return (
    <Part name="Shown">
      {LAYERS.map((layer) => (
        <Switch
          key={layer}
          controller={controller}
          name={layer}
          pressed={layers[layer]}
          word={LAYER_WORDS[layer]}
        />
      ))}
    </Part>
  );
}

function Opacities({ controller }: MenuProps) {
  const { overlay } = controller;
  const tile = controller.focusedTile.value;
  const own = tile === null ? null : tile.ownOpacity.value;
  return (
    <Part name="Opacity of masks">
      <OpacitySlider
        word="All synapses"
        value={overlay.opacity.value}
        set={(opacity) => overlay.setOpacity(opacity)}
      />
      {tile !== null && (
        <>
          <OpacitySlider
            word="Outlined one"
            value={overlay.opacityOf(tile)}
            set={(opacity) => overlay.setOpacityOf(tile, opacity)}
          />
          <Act controller={controller} name="own-opacity-reset" disabled={own === null}>
            As all
          </Act>
        </>
      )}
    </Part>
  );
}

function TileSizes({ controller }: MenuProps) {
  const { look } = controller;
  const { columns } = controller.layout.value;
  const fits = look.columns.value === null && !look.birdsEye.value;
  return (
    <Part name="Tiles">
      <Act controller={controller} name="tiles-smaller" label="Smaller tiles">
        −
      </Act>
      <Act controller={controller} name="tiles-larger" label="Larger tiles">
        +
      </Act>
      <Act controller={controller} name="tiles-fit" disabled={fits}>
        Fit
      </Act>
      <span class="quiet" role="status">
        {columns === 1 ? "1 column" : `${columns} columns`}
      </span>
      <span class="view-menu__line" />
      <Switch
        controller={controller}
        name="birds-eye"
        pressed={look.birdsEye.value}
        word="Bird's-eye"
      />
      <Switch
        controller={controller}
        name="all-slices"
        pressed={look.allSlices.value}
        word="All slices"
      />
    </Part>
  );
}

function Magnifier({ controller }: MenuProps) {
  const view = controller.focusedTile.value?.view.value ?? WHOLE;
  return (
    <Part name="Magnify the outlined one">
      <Act
        controller={controller}
        name="magnify-less"
        label="Magnify less"
        disabled={view.scale === 1}
      >
        −
      </Act>
      <Act controller={controller} name="magnify" label="Magnify">
        +
      </Act>
      <Act controller={controller} name="whole-picture" disabled={view.scale === 1}>
        Whole
      </Act>
      <span class="quiet">{Math.round(view.scale * 100)} %</span>
    </Part>
  );
}

function Part({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="view-menu__part" role="group" aria-label={name}>
      <span class="view-menu__name" aria-hidden="true">
        {name}
      </span>
      <div class="view-menu__controls">{children}</div>
    </div>
  );
}

interface ActProps {
  readonly controller: GridController;
  readonly name: CommandName;
  readonly label?: string;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}

/** A button that does what a key does. */
function Act({ controller, name, label, disabled = false, children }: ActProps) {
  return (
    <button
      type="button"
      class="button"
      aria-label={label}
      title={controller.keys.titled(meaningOf(name), name)}
      disabled={disabled}
      onClick={() => perform(actionOf(name), controller)}
    >
      {children}
    </button>
  );
}

interface SwitchProps {
  readonly controller: GridController;
  readonly name: CommandName;
  readonly pressed: boolean;
  readonly word: string;
}

function Switch({ controller, name, pressed, word }: SwitchProps) {
  return (
    <button
      type="button"
      class="button switch"
      aria-pressed={pressed}
      title={controller.keys.titled(meaningOf(name), name)}
      onClick={() => perform(actionOf(name), controller)}
    >
      <span class="switch__mark" aria-hidden="true" />
      {word}
    </button>
  );
}

function commandOf(name: CommandName) {
  const found = COMMANDS.find((command) => command.name === name);
  if (found === undefined) {
    throw new Error(`There is no command ${name}.`);
  }
  return found;
}

function meaningOf(name: CommandName): string {
  return commandOf(name).meaning;
}

function actionOf(name: CommandName) {
  return commandOf(name).action;
}
