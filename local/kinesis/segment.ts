import { writeSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** A record of a log. */
export interface LogRecord {
  /** Position in the log: 1, 2, 3, … */
  readonly counter: number;
  readonly arrivalMs: number;
  readonly key: string;
  readonly data: Buffer;
}

// A frame: payload length u32, CRC-32 of the payload u32; the payload: counter f64, arrival f64, key length u16, key, data.
const FRAME_BYTES = 8;
const FIXED_BYTES = 18;

/** Encodes one record. */
export function encodeFrame(
  counter: number,
  arrivalMs: number,
  key: string,
  data: Uint8Array,
): Buffer {
  const keyBytes = Buffer.byteLength(key);
  const length = FIXED_BYTES + keyBytes + data.length;
  const frame = Buffer.allocUnsafe(FRAME_BYTES + length);
  frame.writeUInt32LE(length, 0);
  frame.writeDoubleLE(counter, FRAME_BYTES);
  frame.writeDoubleLE(arrivalMs, FRAME_BYTES + 8);
  frame.writeUInt16LE(keyBytes, FRAME_BYTES + 16);
  frame.write(key, FRAME_BYTES + FIXED_BYTES);
  frame.set(data, FRAME_BYTES + FIXED_BYTES + keyBytes);
  frame.writeUInt32LE(crc32(frame.subarray(FRAME_BYTES)), 4);
  return frame;
}

function decodePayload(payload: Buffer): LogRecord {
  const keyEnd = FIXED_BYTES + payload.readUInt16LE(16);
  return {
    counter: payload.readDoubleLE(0),
    arrivalMs: payload.readDoubleLE(8),
    key: payload.toString('utf8', FIXED_BYTES, keyEnd),
    data: payload.subarray(keyEnd),
  };
}

/** One file of a log, with the place and arrival of each of its records in memory. */
export class Segment {
  readonly firstCounter: number;
  readonly path: string;
  #file: FileHandle;
  #offsets: number[] = [];
  #arrivals: number[] = [];
  #size = 0;

  /** Use openSegment. */
  constructor(path: string, firstCounter: number, file: FileHandle) {
    this.path = path;
    this.firstCounter = firstCounter;
    this.#file = file;
  }

  /** Bytes of its whole records. */
  get size(): number {
    return this.#size;
  }

  /** Counter of the record after its last. */
  get nextCounter(): number {
    return this.firstCounter + this.#offsets.length;
  }

  /** Arrival of its newest record; 0 where it has none. */
  get newestMs(): number {
    return this.#arrivals.at(-1) ?? 0;
  }

  /**
   * Appends encoded records; on failure the file is as before. Written without the thread pool: to hand a write over and wait
   * for it takes longer than to copy it into the system's cache, and every accepted event waits for this.
   */
  async append(frames: readonly Buffer[], arrivalMs: number): Promise<void> {
    try {
      const bytes = frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file.fd, bytes, at);
    } catch (error) {
      await this.#file.truncate(this.#size);
      throw error;
    }
    for (const frame of frames) this.#index(frame.length, arrivalMs);
  }

  /** Reads records from a counter on, at least one, at most up to both limits. */
  async read(from: number, maxRecords: number, maxBytes: number): Promise<LogRecord[]> {
    const first = from - this.firstCounter;
    const start = this.#offsets[first];
    if (start === undefined) return [];
    let end = first + 1;
    const stop = Math.min(this.#offsets.length, first + maxRecords);
    while (end < stop && this.#offset(end + 1) - start <= maxBytes) end += 1;
    const bytes = Buffer.allocUnsafe(this.#offset(end) - start);
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, start);
    if (bytesRead !== bytes.length)
      throw new Error(`${this.path}: ends before byte ${start + bytes.length}`);
    const records: LogRecord[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readUInt32LE(at);
      records.push(decodePayload(bytes.subarray(at + FRAME_BYTES, at + FRAME_BYTES + length)));
      at += FRAME_BYTES + length;
    }
    return records;
  }

  /** Bytes of the records from a counter on. */
  bytesFrom(counter: number): number {
    return this.#size - this.#offset(Math.max(0, counter - this.firstCounter));
  }

  /** Arrival of a record; null where it is not here. */
  arrivalMs(counter: number): number | null {
    return this.#arrivals[counter - this.firstCounter] ?? null;
  }

  /** Counter of the first record that arrived at or after a time; nextCounter where none did. */
  firstSince(timeMs: number): number {
    const found = this.#arrivals.findIndex((arrival) => arrival >= timeMs);
    return found === -1 ? this.nextCounter : this.firstCounter + found;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Closes and deletes the file. */
  async remove(): Promise<void> {
    await this.#file.close();
    await unlink(this.path);
  }

  /**
   * Reads the whole file after a restart and cuts a torn tail: what a killed process had not written whole was never
   * acknowledged.
   * @returns bytes cut
   */
  async recover(): Promise<number> {
    const { size: fileSize } = await this.#file.stat();
    const bytes = Buffer.allocUnsafe(fileSize);
    if (fileSize > 0) await this.#file.read(bytes, 0, fileSize, 0);
    while (this.#size + FRAME_BYTES + FIXED_BYTES <= fileSize) {
      const payloadStart = this.#size + FRAME_BYTES;
      const end = payloadStart + bytes.readUInt32LE(this.#size);
      if (end > fileSize || end < payloadStart + FIXED_BYTES) break;
      const payload = bytes.subarray(payloadStart, end);
      if (crc32(payload) !== bytes.readUInt32LE(this.#size + 4)) break;
      this.#index(end - this.#size, payload.readDoubleLE(8));
    }
    if (this.#size < fileSize) await this.#file.truncate(this.#size);
    return fileSize - this.#size;
  }

  #offset(index: number): number {
    return this.#offsets[index] ?? this.#size;
  }

  #index(length: number, arrivalMs: number): void {
    this.#offsets.push(this.#size);
    this.#arrivals.push(arrivalMs);
    this.#size += length;
  }
}

/** Opens or makes a segment file. */
export async function openSegment(path: string, firstCounter: number): Promise<Segment> {
  return new Segment(path, firstCounter, await open(path, 'a+'));
}
