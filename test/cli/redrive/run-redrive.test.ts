import { parseRedriveCommand } from '../../../cli/redrive/redrive-arguments.ts';
import { runRedrive } from '../../../cli/redrive/run-redrive.ts';
import { describeRedrive } from '../../../cli/redrive/show-redrive.ts';
import type { RedriveInput, RedrivePage, RedriveReason } from '../../../core/redrive.ts';
import { createGateway, type Gateway } from '../../../local/gateway/gateway.ts';
import { ROOT } from '../../../local/iam/callers.ts';
import { createS3 } from '../../../local/s3/s3.ts';
import { temporaryFolder } from '../../local/gateway/local-stack.ts';

const SAMPLE = { dead_letter_id: 'd1', event: 'cart', pointer: '/x', message: '/x is wrong' };
const REASON: RedriveReason = {
  outcome: 'failed',
  code: 'unknown_event',
  count: 2,
  sample: SAMPLE,
};
const PAGE: RedrivePage = {
  cursor: null,
  dry_run: false,
  done: { objects: 1, bytes: 100 },
  found: 5,
  passed: 3,
  events: 3,
  refused_calls: 0,
  failed: 2,
  not_redrivable: 0,
  dismissed: 0,
  already_redriven: 1,
  already_dismissed: 0,
  reasons: [REASON],
};
const CURSOR = { after: 'dead-letters/a', key: '', line: 0 };
const FIRST = { ...PAGE, cursor: CURSOR, total: { objects: 2, bytes: 200 } };

/** What the function answers, one page after the other; an error by its type. */
let answers: (RedrivePage | { readonly errorType: string; readonly errorMessage: string })[] = [];
let asked: RedriveInput[] = [];
let gateway: Gateway;
let endpoint: string;
let removeFolder: () => Promise<void>;

beforeAll(async () => {
  const { folder, remove } = await temporaryFolder();
  removeFolder = remove;
  gateway = createGateway({
    services: [],
    s3: createS3({ folder, region: 'us-east-1' }).endpoint,
    callers: () => ROOT,
    rest: {
      lambda: {
        operationOf: () => 'Invoke',
        handle: async (_, body) => {
          asked.push(JSON.parse(body.toString()) as RedriveInput);
          const answer = answers.shift() ?? PAGE;
          const headers: Record<string, string> =
            'errorType' in answer ? { 'x-amz-function-error': 'Unhandled' } : {};
          return { status: 200, headers, body: JSON.stringify(answer) };
        },
      },
    },
  });
  endpoint = await gateway.listen(0);
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await gateway.close();
  await removeFolder();
});

async function run(signal = new AbortController().signal) {
  const shares: number[] = [];
  const target = { functionName: 'redrive', endpoint };
  const summary = await runRedrive(
    { app: 'shop', code: ['unknown_event'] },
    target,
    ({ share }) => shares.push(share),
    signal,
  );
  return { summary, shares };
}

describe('npm run redrive', () => {
  it('asks page by page, adds up what they did and shows how far it is', async () => {
    answers = [FIRST, PAGE];

    const { summary, shares } = await run();

    expect(asked.map(({ cursor }) => cursor)).toEqual([null, CURSOR]);
    expect(asked[0]).toMatchObject({ app: 'shop', code: ['unknown_event'] });
    expect(shares).toEqual([0.5, 1]);
    expect(summary).toMatchObject({ found: 10, passed: 6, failed: 4, already_redriven: 2 });
    expect(summary.reasons).toEqual([{ ...REASON, count: 4 }]);
    expect(describeRedrive(summary).split('\n')).toEqual([
      'found               10',
      'passed              6',
      'failed again        4',
      '  unknown_event     4',
      '    as d1 (cart): /x is wrong',
      'not redrivable      0',
      'already redriven    2',
      '',
    ]);
  });

  it('takes what a function of an earlier version does not count for none', async () => {
    const { refused_calls: _calls, dismissed: _dismissed, ...earlier } = PAGE;
    answers = [earlier as RedrivePage];

    expect((await run()).summary).toMatchObject({ found: 5, refused_calls: 0, dismissed: 0 });
  });

  it('tells of calls of a batch that are letters of their own now', async () => {
    const part = { ...REASON, outcome: 'refused_call', count: 1 } as const;
    const batch = { passed: 1, events: 2_500, refused_calls: 1, failed: 0, reasons: [part] };
    answers = [{ ...PAGE, found: 1, ...batch, already_redriven: 0 }];

    const { summary } = await run();

    expect(describeRedrive(summary).split('\n')).toEqual([
      'found               1',
      'passed              1 (2500 events)',
      'refused calls       1, letters of their own now',
      '  unknown_event     1',
      '    as d1 (cart): /x is wrong',
      'failed again        0',
      'not redrivable      0',
      'already redriven    0',
      '',
    ]);
  });

  it('says what it would dismiss, and what of that would pass now', async () => {
    const page = { found: 3, passed: 1, events: 1, failed: 2, dismissed: 3, already_dismissed: 4 };
    answers = [{ ...PAGE, dry_run: true, ...page }];
    const target = { functionName: 'redrive', endpoint };
    const input = { app: 'shop', dismiss: 'a scanner' };

    const summary = await runRedrive(input, target, () => {}, new AbortController().signal);

    expect(asked).toMatchObject([{ app: 'shop', dismiss: 'a scanner' }]);
    expect(describeRedrive(summary).split('\n')).toEqual([
      'found               3',
      'would dismiss       3',
      'would pass          1',
      'would fail again    2',
      '  unknown_event     2',
      '    as d1 (cart): /x is wrong',
      'not redrivable      0',
      'already redriven    1',
      'already dismissed   4',
      'nothing was dismissed: the same command with --yes does it',
      '',
    ]);
  });

  it('keeps what it did where a later page fails, and says how to go on', async () => {
    answers = [FIRST, { errorType: 'Error', errorMessage: 'the stream did not take 1 record' }];

    const { summary } = await run();

    expect(summary).toMatchObject({
      found: 5,
      stopped: 'the function redrive failed: Error: the stream did not take 1 record',
    });
    expect(describeRedrive(summary)).toContain('run the same command again to go on');
  });

  it('ends after the page that is under way where it is interrupted', async () => {
    answers = [FIRST, PAGE];
    const interrupt = new AbortController();
    const target = { functionName: 'redrive', endpoint };

    const summary = await runRedrive(
      { app: 'shop' },
      target,
      () => interrupt.abort(),
      interrupt.signal,
    );

    expect(summary).toMatchObject({ found: 5, stopped: 'interrupted' });
    expect(asked).toHaveLength(1);
    answers = [];
  });

  it('fails where the first page does: nothing was done', async () => {
    answers = [{ errorType: 'InvalidRedriveError', errorMessage: 'app must be the id of an app' }];

    await expect(run()).rejects.toMatchObject({ name: 'InvalidRedriveError' });
  });

  it('says what may be wrong where nothing listens', async () => {
    const target = { functionName: 'redrive', endpoint: 'http://127.0.0.1:1' };

    const asking = runRedrive({ app: 'shop' }, target, () => {}, new AbortController().signal);

    await expect(asking).rejects.toThrow(
      'ECONNREFUSED 127.0.0.1:1: is npm start running, and http://127.0.0.1:1 its AWS endpoint?',
    );
  });
});

describe('its command line', () => {
  it('becomes the input of the function', () => {
    const line = '--app shop --schema cart/1 --event a --event b,c --from 2026-11-20 --dry-run';

    expect(parseRedriveCommand(line.split(' '))).toEqual({
      kind: 'redrive',
      input: {
        app: 'shop',
        schema: ['cart/1'],
        event: ['a', 'b,c'],
        from: '2026-11-20',
        dry_run: true,
      },
      target: { functionName: 'Millrace-Service-redrive' },
    });
  });

  it('dismisses with --yes only', () => {
    const parse = (...more: string[]) =>
      parseRedriveCommand(['--app', 'shop', '--dismiss', 'a scanner', ...more]);

    expect(parse()).toMatchObject({ input: { dismiss: 'a scanner', dry_run: true } });
    expect(parse('--yes')).toMatchObject({ input: { dismiss: 'a scanner', dry_run: false } });
  });

  it.each([
    ['', '--app is needed'],
    ['--app shop --yes', '--yes goes with --dismiss only'],
    ['--app shop --dismiss x --yes --dry-run', '--yes and --dry-run exclude each other'],
    ['--app shop --dismiss=', 'dismiss must be the reason'],
    ['--app shop --endpoint localhost', '--endpoint must be as http://127.0.0.1:4566'],
    ['--app shop --from 2026-02-30', 'from must be a date'],
    ['--app shop --tz CET+1', 'tz must be an IANA time zone'],
    ['--app shop --schema Cart', 'schema must be as purchase, purchase/1 or purchase/1-0-2'],
    ['--app shop letters', 'Unexpected argument'],
  ])('is refused where it is wrong: %s', (line, message) => {
    expect(() => parseRedriveCommand(line.split(' ').filter(Boolean))).toThrow(message);
  });
});
