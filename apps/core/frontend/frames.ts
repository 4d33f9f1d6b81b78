/**
 * Frames: several headers with binary payloads in one response, readable while it arrives.
 *
 * A frame is `u32 LE header length`, `u32 LE payload length`, the header (UTF-8 JSON) and the
 * payload bytes. A stream is frames one after another; chunk borders mean nothing.
 */

export const FRAMES_TYPE = "application/vnd.synanno.frames";

const PREFIX_BYTES = 8;
const MAX_HEADER_BYTES = 4 * 1024 * 1024;
const MAX_PAYLOAD_BYTES = 512 * 1024 * 1024;

export interface Frame {
  readonly header: unknown;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** The bytes are not frames, or they end in the middle of one. */
export class FrameError extends Error {}

/** Turns chunks of bytes into frames. */
export class FrameReader {
  private readonly chunks: Uint8Array[] = [];
  private available = 0;
  private lengths: { header: number; payload: number } | null = null;

  /** Adds bytes; returns the frames that are now complete, in order. */
  push(chunk: Uint8Array): Frame[] {
    if (chunk.length > 0) {
      this.chunks.push(chunk);
      this.available += chunk.length;
    }
    const frames: Frame[] = [];
    for (let frame = this.next(); frame !== null; frame = this.next()) {
      frames.push(frame);
    }
    return frames;
  }

  /** Says that no byte follows. Throws FrameError when a frame is incomplete. */
  finish(): void {
    if (this.available > 0 || this.lengths !== null) {
      throw new FrameError("The answer ended in the middle of a frame.");
    }
  }

  private next(): Frame | null {
    this.lengths ??= this.readLengths();
    if (this.lengths === null || this.available < this.lengths.header + this.lengths.payload) {
      return null;
    }
    const header = parseHeader(this.take(this.lengths.header));
    const payload = this.take(this.lengths.payload);
    this.lengths = null;
    return { header, payload };
  }

  private readLengths(): { header: number; payload: number } | null {
    if (this.available < PREFIX_BYTES) {
      return null;
    }
    const prefix = new DataView(this.take(PREFIX_BYTES).buffer);
    const header = prefix.getUint32(0, true);
    const payload = prefix.getUint32(4, true);
    if (header > MAX_HEADER_BYTES || payload > MAX_PAYLOAD_BYTES) {
      throw new FrameError(`A frame claims ${header} + ${payload} bytes: this is not a frame.`);
    }
    return { header, payload };
  }

  /** Removes `count` bytes from the front; they are available. */
  private take(count: number): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const first = this.chunks[0];
      if (first === undefined) {
        throw new FrameError("The reader ran out of bytes that it had counted.");
      }
      const part = first.subarray(0, count - filled);
      taken.set(part, filled);
      filled += part.length;
      if (part.length === first.length) {
        this.chunks.shift();
      } else {
        this.chunks[0] = first.subarray(part.length);
      }
    }
    this.available -= count;
    return taken;
  }
}

function parseHeader(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FrameError("The header of a frame is not JSON.", { cause: error });
  }
}

/** Yields the frames of a response body as they arrive. */
export async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const reader = new FrameReader();
  const source = body.getReader();
  try {
    for (;;) {
      const { done, value } = await source.read();
      if (done) {
        break;
      }
      yield* reader.push(value);
    }
    reader.finish();
  } finally {
    source.releaseLock();
  }
}
