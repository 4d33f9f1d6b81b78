/** What a person is told beside their work: training, known items, labels left behind. */

import type { Feedback, Told } from "../contract";
import type { GridController } from "../grid_controller";
import { DISCARD_QUESTION, type LeftBehind } from "../leftovers";

export function ToldPanel({ controller }: { readonly controller: GridController }) {
  const told = controller.told.value;
  const leftBehind = controller.leftBehind.value;
  const isEmpty = told === null && leftBehind === null;
  // The outer element is there before what it tells: screen readers say what comes into it.
  return <div role="status">{!isEmpty && <Panel controller={controller} />}</div>;
}

function Panel({ controller }: { readonly controller: GridController }) {
  const told = controller.told.value;
  const leftBehind = controller.leftBehind.value;
  const close = () => {
    controller.told.value = null;
    controller.leftBehind.value = null;
  };
  const feedback = told?.feedback ?? [];
  return (
    <aside class="told" aria-label="About your labels">
      <button type="button" class="button button--quiet told__close" onClick={close}>
        Close
      </button>
      {leftBehind !== null && <AboutLeftovers controller={controller} left={leftBehind} />}
      {told !== null && told.training !== null && (
        <p>
          <strong>Training:</strong> {told.training}
        </p>
      )}
      {told !== null && feedback.length > 0 && (
        <FeedbackList feedback={feedback} pageToken={told.pageToken} />
      )}
    </aside>
  );
}

function AboutLeftovers(props: {
  readonly controller: GridController;
  readonly left: LeftBehind;
}) {
  const { controller, left } = props;
  const drop = async () => {
    if (left.discard !== null && window.confirm(DISCARD_QUESTION)) {
      await left.discard();
      controller.leftBehind.value = null;
    }
  };
  return (
    <>
      <p>{left.sentence}</p>
      {left.discard !== null && (
        <button type="button" class="button" onClick={() => void drop()}>
          Discard
        </button>
      )}
    </>
  );
}

function FeedbackList({ feedback, pageToken }: Pick<Told, "feedback" | "pageToken">) {
  const right = feedback.filter((each) => each.right);
  const wrong = feedback.filter((each) => !each.right);
  return (
    <>
      <p>
        <strong>Your last page</strong> held {feedback.length} whose answer is known;{" "}
        {right.length} right.{" "}
        <a href={`?page=${pageToken}`} target="_blank" rel="noopener">
          Look at it again
        </a>
      </p>
      <Rows rows={wrong} />
      {right.length > 0 && (
        <details>
          <summary>What you had right</summary>
          <Rows rows={right} />
        </details>
      )}
    </>
  );
}

function Rows({ rows }: { readonly rows: readonly Feedback[] }) {
  return (
    <ul class="told__list">
      {rows.map((each) => (
        <li key={each.place}>
          <span aria-hidden="true">{each.right ? "✓" : "✗"}</span>
          <span>
            Synapse {each.place} of {each.places}: {sentenceOf(each)} {each.explanation}
          </span>
        </li>
      ))}
    </ul>
  );
}

function sentenceOf({ right, said, truth }: Feedback): string {
  return right ? `${truth}, as you said.` : `you said ${said}; it is ${truth}.`;
}
