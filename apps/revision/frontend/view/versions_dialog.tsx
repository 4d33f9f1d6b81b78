/** What a slice was, version by version; any of them can be restored. */

import { useEffect, useMemo } from "preact/hooks";

import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { HTTP } from "../../../proofreading/frontend/transport";
import type { Version } from "../contract";
import type { EaselSession } from "../easel_session";
import type { ReviseController } from "../revise_controller";
import type { Slice } from "../slice_book";
import { VersionsModel } from "../versions_model";
import { SmallPicture } from "./small_picture";
import { originWord, whenOf } from "./words";

interface VersionsProps {
  readonly revise: ReviseController;
  readonly session: EaselSession;
  readonly onClosed: () => void;
}

export function VersionsDialog({ revise, session, onClosed }: VersionsProps) {
  const { versions } = revise.windows;
  return (
    <ModalDialog
      open={versions.isOpen}
      class="help revise-dialog versions"
      aria-labelledby="versions-title"
      close={() => versions.close()}
      onClosed={onClosed}
    >
      {versions.isOpen && (
        <VersionList session={session} slice={session.book.slice.peek()} close={() => versions.close()} />
      )}
    </ModalDialog>
  );
}

interface ListProps {
  readonly session: EaselSession;
  readonly slice: Slice;
  readonly close: () => void;
}

function VersionList({ session, slice, close }: ListProps) {
  const model = useMemo(() => new VersionsModel(session, slice, HTTP), [session, slice]);
  useEffect(() => void model.open(), [model]);
  const { value: versions } = model.versions;
  const restore = async (version: Version) => {
    if (await model.restore(version)) {
      close();
    }
  };
  return (
    <>
      <div class="help__head">
        <h1 id="versions-title">Versions of slice {session.book.slices.indexOf(slice) + 1}</h1>
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
      {model.told.value !== "" && (
        <p class="panel__advice" role="alert">
          {model.told}
        </p>
      )}
      {versions === null && model.isBusy.value && <p role="status">Asking for them…</p>}
      <ul class="versions__list">
        {(versions ?? []).map((version) => (
          <Row
            key={version.number}
            session={session}
            slice={slice}
            version={version}
            isHeld={version.number === model.held.value}
            restore={() => void restore(version)}
          />
        ))}
      </ul>
      {model.before.value !== null && (
        <button
          type="button"
          class="button"
          disabled={model.isBusy.value}
          onClick={() => void model.bringEarlier()}
        >
          Earlier ones
        </button>
      )}
    </>
  );
}

interface RowProps {
  readonly session: EaselSession;
  readonly slice: Slice;
  readonly version: Version;
  readonly isHeld: boolean;
  readonly restore: () => void;
}

function Row({ session, slice, version, isHeld, restore }: RowProps) {
  const read = useMemo(() => {
    const mask = slice.seen(version.runs);
    const image = session.pictures.images.value.get(slice.z) ?? null;
    return () => ({ image, mask, proposed: null });
  }, [version]);
  const { number, by, at, late, voxels } = version;
  const name = number === 0 ? "As in the volume" : `Version ${number}`;
  return (
    <li class="versions__version" aria-current={isHeld ? "true" : undefined}>
      <SmallPicture read={read} aspect={session.board.aspect} opacity={0.6} class="versions__picture" />
      <span class="versions__words">
        <b>{name}</b> {number > 0 && originWord(version.origin)}
        <span class="quiet">
          {[by ?? "", whenOf(at), voxels === null ? "" : `${voxels} voxels`]
            .filter((part) => part !== "")
            .join(" · ")}
        </span>
        {late && <span class="quiet">Kept beside: another one was newer, or it was held no longer.</span>}
      </span>
      {isHeld ? (
        <span>holds now</span>
      ) : (
        <button type="button" class="button" aria-label={`Restore: ${name}`} onClick={restore}>
          Restore
        </button>
      )}
    </li>
  );
}
