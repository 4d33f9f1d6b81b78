/** The key that does something, as this person has it; nothing where none does. */

import { shownChord } from "../chords";
import { COMMANDS, type CommandName } from "../commands";
import type { KeyMap } from "../key_map";

export function KeyName({ keys, name }: { readonly keys: KeyMap; readonly name: CommandName }) {
  const command = COMMANDS.find((each) => each.name === name);
  const chord = command && keys.keysOf(command)[0];
  return chord === undefined ? null : <kbd>{shownChord(chord)}</kbd>;
}
