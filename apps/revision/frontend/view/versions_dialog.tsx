/** What a slice was, version by version; any of them can be restored. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { isTransient } from "../../../core/frontend/http";
import { ModalDialog } from "../../../core/frontend/modal_dialog";
import { uuid4 } from "../../../core/frontend/uuid";
import { HTTP } from "../../../proofreading/frontend/transport";
import { parseKept, parseVersions, type Version } from "../contract";
import type { EaselSession } from "../easel_session";
import type { ReviseController } from "../revise_controller";
import type { Slice } from "../slice_book";
import { SmallPicture } from "./small_picture";
import { clock, originWord } from "./words";

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
  const [versions, setVersions] = useState<readonly Version[] | null>(null);
  const [trouble, setTrouble] = useState("");
  const index = session.book.slices.indexOf(slice);
  const tell = (error: unknown) =>
    setTrouble(error instanceof Error ? error.message : String(error));
  useEffect(() => {
    void bring(session, slice).then(setVersions, tell);
  }, [session, slice]);
  const restore = async (version: Version) => {
    try {
      await restoreVersion(session, slice, version);
      close();
    } catch (error) {
      tell(error);
    }
  };
  const held = slice.known.value.number;
  return (
    <>
      <div class="help__head">
        <h1 id="versions-title">Versions of slice {index + 1}</h1>
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
      {trouble !== "" && (
        <p class="panel__advice" role="alert">
          {trouble}
        </p>
      )}
      {versions === null && trouble === "" && <p role="status">Asking for them…</p>}
      <ul class="versions__list">
        {(versions ?? []).map((version) => (
          <Row
            key={version.number}
            session={session}
            slice={slice}
            version={version}
            isHeld={version.number === held}
            restore={() => void restore(version)}
          />
        ))}
      </ul>
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
          {[by ?? "", clock(at), voxels === null ? "" : `${voxels} voxels`]
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

/** What is drawn is saved before: it is a version, too. */
async function bring(session: EaselSession, slice: Slice): Promise<readonly Version[]> {
  await session.flush();
  return parseVersions(await HTTP.getJson(`${session.revised.urls.versions}?z=${slice.z}`));
}

async function restoreVersion(
  session: EaselSession,
  slice: Slice,
  { number, runs }: Version,
): Promise<void> {
  const base = slice.known.peek().number;
  const body = { z: slice.z, version: number, base, key: uuid4() };
  const send = () => HTTP.postJson(session.revised.urls.restore, body);
  // The key makes sending it twice harmless.
  const answer = await send().catch((error: unknown) => {
    if (isTransient(error)) {
      return send();
    }
    throw error;
  });
  const stored = parseKept(answer).find(({ z }) => z === slice.z);
  if (stored !== undefined) {
    const at = new Date().toISOString();
    session.book.take({ z: slice.z, number: stored.number, runs, origin: "restored", by: null, at });
  }
}
