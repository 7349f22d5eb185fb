import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { ReconciliationAnswer } from '../../core/api.ts';
import { countArguments } from '../tool-arguments.ts';
import { type LaterRun, reconcileLater } from './settled-hours.ts';
import {
  type ChildStack,
  removeStacks,
  startChild,
  startTestStack,
  temporaryFolder,
} from './stack.ts';

/** What a run of kills saw. */
export interface KillReport {
  readonly kills: number;
  /** Events whose request was answered 2xx. */
  readonly accepted: number;
  /** Accepted events that are not in `events`. */
  readonly missing: readonly string[];
  /** Events that are there more than once. */
  readonly repeated: readonly string[];
  /** Events that the door counted: no fewer than those whose request was answered 2xx. */
  readonly counted: number;
  /** Events that are missing by the counts of reconciliation. */
  readonly missingByCount: number;
}

const SENDERS = 6;

/**
 * Sends events from several senders at once and kills the stack with SIGKILL in the midst of it, again and again over one data
 * folder; then builds, and looks for every accepted event. Buffers are short, so that kills fall into deliveries too.
 */
export async function killUnderLoad(kills: number): Promise<KillReport> {
  const data = temporaryFolder();
  const accepted = new Set<string>();
  for (let round = 0; round < kills; round += 1) {
    const stack = await startChild({ data, speed: 600 });
    const before = accepted.size;
    const senders = Array.from({ length: SENDERS }, (_, sender) =>
      sendUntilDead(stack, `${round}-${sender}`, accepted),
    );
    // The first request loads the function; the kill falls into the midst of the load after it.
    while (accepted.size === before) await sleep(20);
    await sleep(100 + Math.random() * 1500);
    await stack.kill();
    await Promise.all(senders);
  }
  const stack = await startTestStack({ data });
  let reconciled: LaterRun;
  let counted: number;
  try {
    await stack.build({ full: true });
    reconciled = await reconcileLater(stack, 'shop', 3);
    const answer = await stack.ask('shop', 'reconciliation');
    counted = ((await answer.json()) as ReconciliationAnswer).total.accepted;
  } finally {
    await stack.stop();
  }
  const times = await storedMessages(data, stack.outputs.LakeBucket!);
  return {
    kills,
    accepted: accepted.size,
    missing: [...accepted].filter((id) => !times.has(id)),
    repeated: [...times].filter(([, count]) => count > 1).map(([id]) => id),
    counted,
    missingByCount: reconciled.apps[0]!.missing,
  };
}

/** Sends batches of one to twenty events until a request fails: then the stack is dead. */
async function sendUntilDead(
  stack: ChildStack,
  sender: string,
  accepted: Set<string>,
): Promise<void> {
  for (let request = 0; ; request += 1) {
    const ids = Array.from({ length: 1 + (request % 20) }, (_, i) => `${sender}-${request}-${i}`);
    const batch = ids.map((messageId) => ({
      type: 'track',
      event: 'home',
      anonymousId: sender,
      messageId,
      timestamp: new Date().toISOString(),
    }));
    const response = await stack.send('/v1/batch', { batch }).catch((error: unknown) => {
      // fetch throws a TypeError where the connection broke: the kill. Anything else is a mistake of ours.
      if (error instanceof TypeError) return undefined;
      throw error;
    });
    if (response === undefined) return;
    if (!response.ok)
      throw new Error(`a batch was answered ${response.status}: ${await response.text()}`);
    for (const id of ids) accepted.add(id);
  }
}

/** How often each message_id stands in the Parquet files of `events`, read by another library than the one that wrote them. */
async function storedMessages(data: string, lakeBucket: string): Promise<Map<string, number>> {
  const events = join(data, 's3', lakeBucket, 'tables/events');
  const times = new Map<string, number>();
  for (const entry of readdirSync(events, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = await asyncBufferFromFile(join(entry.parentPath, entry.name));
    for (const { message_id } of await parquetReadObjects({
      file,
      compressors,
      columns: ['message_id'],
    })) {
      times.set(message_id, (times.get(message_id) ?? 0) + 1);
    }
  }
  return times;
}

if (process.argv[1] === import.meta.filename) {
  const [times = 0] = countArguments('npm run kill-test -- [KILLS]', [20], 1);
  const report = await killUnderLoad(times);
  removeStacks();
  const { kills, accepted, missing, repeated, counted, missingByCount } = report;
  console.log(
    `${kills} kills, ${accepted} events accepted, ${missing.length} missing, ${repeated.length} repeated; by the counts of reconciliation ${counted} accepted, ${missingByCount} missing`,
  );
  const uncounted = Math.max(0, accepted - counted);
  const failed = missing.length + repeated.length + missingByCount + uncounted;
  console.log(`${accepted - missing.length} passed, ${failed} failed`);
  process.exitCode = accepted > 0 && failed === 0 ? 0 : 1;
}
