/** What a person is told beside their work: training, known items, labels left behind. */

import type { Feedback } from "../contract";
import type { GridController } from "../grid_controller";

export function ToldPanel({ controller }: { readonly controller: GridController }) {
  const told = controller.told.value;
  const leftBehind = controller.leftBehind.value;
  if (told === null && leftBehind === "") {
    return null;
  }
  const close = () => {
    controller.told.value = null;
    controller.leftBehind.value = "";
  };
  const feedback = told?.feedback ?? [];
  return (
    <aside class="told" role="status" aria-label="About your labels">
      <button type="button" class="button button--quiet told__close" onClick={close}>
        Close
      </button>
      {leftBehind !== "" && <p>{leftBehind}</p>}
      {told !== null && told.training !== null && (
        <p>
          <strong>Training:</strong> {told.training}
        </p>
      )}
      {feedback.length > 0 && <FeedbackList feedback={feedback} />}
    </aside>
  );
}

function FeedbackList({ feedback }: { readonly feedback: readonly Feedback[] }) {
  const right = feedback.filter((each) => each.right);
  const wrong = feedback.filter((each) => !each.right);
  return (
    <>
      <p>
        <strong>Your last page</strong> held {feedback.length} whose answer is known;{" "}
        {right.length} right.
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
        <li key={each.sourceId}>
          <span aria-hidden="true">{each.right ? "✓" : "✗"}</span>
          <span>
            Synapse {each.sourceId}: {sentenceOf(each)} {each.explanation}
          </span>
        </li>
      ))}
    </ul>
  );
}

function sentenceOf({ right, said, truth }: Feedback): string {
  return right ? `${truth}, as you said.` : `you said ${said}; it is ${truth}.`;
}
