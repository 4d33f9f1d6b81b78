import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { HttpError, NetworkError } from "../../core/frontend/http";
import { newVerdict, VerdictQueue, type Verdict } from "./verdict_queue";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Send = (verdicts: readonly Verdict[]) => Promise<readonly string[]>;

const keep: Send = async (verdicts) => verdicts.map((verdict) => verdict.key);

function queueOf(...answers: Send[]) {
  const sent: (readonly Verdict[])[] = [];
  const refused: unknown[] = [];
  const send: Send = (verdicts) => {
    sent.push(verdicts);
    return (answers.shift() ?? keep)(verdicts);
  };
  return { queue: new VerdictQueue(send, (error) => refused.push(error)), sent, refused };
}

const lost: Send = () => Promise.reject(new NetworkError("The server cannot be reached."));

describe("VerdictQueue", () => {
  it("sends what was made within a moment together and in order", async () => {
    const { queue, sent } = queueOf();
    const made = [newVerdict(1, "incorrect"), newVerdict(2, "unsure"), newVerdict(1, "unsure")];
    made.forEach((verdict) => queue.add(verdict));
    expect(queue.state.value).toBe("saving");
    await vi.advanceTimersByTimeAsync(150);
    expect(sent).toEqual([made]);
    expect(queue.state.value).toBe("saved");
    expect(queue.unsent()).toEqual([]);
  });

  it("has one request on its way at a time", async () => {
    let answer: () => void = () => undefined;
    const slow: Send = (verdicts) =>
      new Promise((resolve) => (answer = () => resolve(verdicts.map(({ key }) => key))));
    const { queue, sent } = queueOf(slow);
    queue.add(newVerdict(1, "incorrect"));
    await vi.advanceTimersByTimeAsync(150);
    const second = newVerdict(1, "unsure");
    queue.add(second);
    await vi.advanceTimersByTimeAsync(5000);
    expect(sent).toHaveLength(1);
    answer();
    await vi.advanceTimersByTimeAsync(1);
    expect(sent[1]).toEqual([second]);
    expect(queue.state.value).toBe("saved");
  });

  it("sends the same verdicts again after a lost answer, with growing pauses", async () => {
    const { queue, sent, refused } = queueOf(lost, lost);
    const verdict = newVerdict(1, "incorrect");
    queue.add(verdict);
    await vi.advanceTimersByTimeAsync(150);
    expect(queue.state.value).toBe("unsaved");
    expect(queue.unsent()).toEqual([verdict]);
    await vi.advanceTimersByTimeAsync(500);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(900);
    expect(sent).toHaveLength(2);
    const later = newVerdict(2, "unsure");
    queue.add(later);
    await vi.advanceTimersByTimeAsync(100);
    expect(sent[2]).toEqual([verdict, later]);
    expect(queue.state.value).toBe("saved");
    expect(refused).toEqual([]);
  });

  it("stops and tells when the server refuses, until it is told to try again", async () => {
    const stale = new HttpError(403, "login_needed", "Log in.");
    const { queue, sent, refused } = queueOf(() => Promise.reject(stale));
    queue.add(newVerdict(1, "incorrect"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(1);
    expect(refused).toEqual([stale]);
    queue.add(newVerdict(2, "incorrect"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(1);
    queue.retry();
    await vi.advanceTimersByTimeAsync(1);
    expect(sent[1]).toHaveLength(2);
    expect(queue.state.value).toBe("saved");
  });

  it("says so when the server answers without keeping a verdict", async () => {
    const { queue, refused } = queueOf(async () => []);
    queue.add(newVerdict(1, "incorrect"));
    await vi.advanceTimersByTimeAsync(150);
    expect(queue.state.value).toBe("unsaved");
    expect(refused).toHaveLength(1);
  });

  it("holds back what is unsent while the page is handed in", async () => {
    const { queue, sent } = queueOf();
    const verdict = newVerdict(1, "incorrect");
    queue.add(verdict);
    await queue.hold();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toHaveLength(0);
    expect(queue.unsent()).toEqual([verdict]);
    queue.markKept([verdict.key]);
    expect(queue.state.value).toBe("saved");
  });

  it("sends nothing after it was stopped", async () => {
    const { queue, sent } = queueOf(lost);
    queue.add(newVerdict(1, "incorrect"));
    await vi.advanceTimersByTimeAsync(150);
    queue.stop();
    queue.retry();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(1);
  });
});
