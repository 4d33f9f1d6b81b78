/** Which parts of volumes Neuroglancer could not read: it leaves them empty without a word. */

import {
  ChunkMemoryStatistics,
  ChunkPriorityTier,
  ChunkState,
  getChunkStateStatisticIndex,
  numChunkMemoryStatistics,
} from "neuroglancer/unstable/chunk_manager/base.js";

import type { Failures } from "./kept_view";

/** What is used of Neuroglancer's queue of chunks; counts by source. */
export interface QueueLike {
  getStatistics(): Promise<ReadonlyMap<object, ArrayLike<number>>>;
}

const TIERS = [ChunkPriorityTier.VISIBLE, ChunkPriorityTier.PREFETCH, ChunkPriorityTier.RECENT];

/** How many chunks of each address failed, of those that are looked at or were a moment ago. */
export async function failedChunks(queue: QueueLike): Promise<Failures> {
  const failures = new Map<string, number>();
  for (const [source, statistics] of await queue.getStatistics()) {
    const { parameters } = source as { parameters?: { url?: unknown } };
    const count = TIERS.reduce((sum, tier) => sum + failed(statistics, tier), 0);
    if (count > 0 && typeof parameters?.url === "string") {
      failures.set(parameters.url, (failures.get(parameters.url) ?? 0) + count);
    }
  }
  return failures;
}

function failed(statistics: ArrayLike<number>, tier: ChunkPriorityTier): number {
  const index = getChunkStateStatisticIndex(ChunkState.FAILED, tier);
  return statistics[index * numChunkMemoryStatistics + ChunkMemoryStatistics.numChunks] ?? 0;
}
