import { parseArgs } from 'node:util';
import { type RedriveInput, readRedriveInput } from '../../core/redrive.ts';

/** What `npm run redrive` prints for --help and after a wrong call. */
export const USAGE = `npm run redrive -- --app APP [options]

Sends dead letters again, after their cause is mended, or settles those that are not wanted. docs/DEAD-LETTERS.md explains it.

  --app APP            the app, as the config names it
  --code CODE          only of this code; may be repeated, as the two below
  --schema SCHEMA      only of this schema: purchase/1-0-2, purchase/1 or purchase
  --event EVENT        only of this event
  --from TIME          only received since: a date, or a time as 2026-11-20T12:00Z
  --to TIME            only received before
  --tz ZONE            time zone of both, as Europe/Berlin; default: the app's
  --dry-run            say how many would pass now, and send nothing
  --dismiss REASON     settle them without sending; says how many, and does it with --yes only
  --yes                with --dismiss: do it
  --function NAME      default: Millrace-Service-redrive (the stack's output RedriveFunction)
  --endpoint URL       of the local stack's AWS port, as http://127.0.0.1:4566
`;

/** Arguments that cannot be used. */
export class InvalidArgumentError extends Error {
  override readonly name = 'InvalidArgumentError';
}

/** What the command line asks for. */
export type RedriveCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'redrive'; readonly input: RedriveInput; readonly target: RedriveTarget };

/** The function, and where it is. */
export interface RedriveTarget {
  readonly functionName: string;
  /** Undefined for AWS itself. */
  readonly endpoint?: string;
}

const DEFAULT_FUNCTION = 'Millrace-Service-redrive';

/**
 * Reads the command line.
 * @throws InvalidArgumentError; InvalidRedriveError that names the value and what is allowed.
 */
export function parseRedriveCommand(argv: readonly string[]): RedriveCommand {
  const values = parse(argv);
  if (values.help === true) return { kind: 'help' };
  if (values.app === undefined || values.app === '')
    throw new InvalidArgumentError('--app is needed');
  const { app, code, schema, event, from, to, tz, dismiss, yes, endpoint } = values;
  if (yes === true && dismiss === undefined) {
    throw new InvalidArgumentError('--yes goes with --dismiss only');
  }
  if (yes === true && values['dry-run'] === true) {
    throw new InvalidArgumentError('--yes and --dry-run exclude each other');
  }
  const input: RedriveInput = {
    app,
    ...(code && { code }),
    ...(schema && { schema }),
    ...(event && { event }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(tz !== undefined && { tz }),
    ...(dismiss !== undefined && { dismiss, dry_run: yes !== true }),
    ...(values['dry-run'] === true && { dry_run: true }),
  };
  // What the function would refuse is known here, all but whether there is the app.
  readRedriveInput(input, () => 'UTC');
  if (values.function === '') {
    throw new InvalidArgumentError('--function is empty: a name is needed, or no --function');
  }
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:/.test(endpoint))) {
    throw new InvalidArgumentError(`--endpoint must be as http://127.0.0.1:4566, got ${endpoint}`);
  }
  return {
    kind: 'redrive',
    input,
    target: { functionName: values.function ?? DEFAULT_FUNCTION, ...(endpoint && { endpoint }) },
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h' },
        app: text,
        code: texts,
        schema: texts,
        event: texts,
        from: text,
        to: text,
        tz: text,
        'dry-run': { type: 'boolean' },
        dismiss: text,
        yes: { type: 'boolean' },
        function: text,
        endpoint: text,
      },
    }).values;
  } catch (cause) {
    throw new InvalidArgumentError(cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  }
}
