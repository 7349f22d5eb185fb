import { readRedriveInput } from '../../../../core/redrive.ts';
import { cart, lettersOf, startRedriver } from './redriver.ts';

let redriver: Awaited<ReturnType<typeof startRedriver>>;

beforeAll(async () => {
  redriver = await startRedriver();
});
beforeEach(() => redriver.clear());
afterAll(() => redriver.close());

/** The note of the letter that was dismissed. */
async function dismissed() {
  return (await redriver.notes()).find(({ outcome }) => outcome === 'dismissed');
}

const DISMISS = { dismiss: ' a scanner ', code: ['invalid_json'] };

describe('a dismissal', () => {
  it('only says what it would do unless it is told to do it', async () => {
    await redriver.put(await lettersOf('/v1/track', '{"event":'));

    expect(await redriver.redrive(DISMISS)).toMatchObject({
      dry_run: true,
      found: 1,
      dismissed: 1,
      not_redrivable: 1,
      reasons: [{ code: 'no_json' }],
    });
    expect(await redriver.notes()).toEqual([]);
  });

  it('settles what is chosen with its reason, sends nothing, and leaves the rest', async () => {
    const letters = await lettersOf('/v1/track', '{"event":');
    await redriver.put([...letters, ...(await lettersOf('/v1/track', cart('m1')))]);

    const page = await redriver.redrive({ ...DISMISS, dry_run: false });
    const again = await redriver.redrive({ ...DISMISS, dry_run: false });
    const sending = await redriver.redrive();

    expect(page).toMatchObject({ dry_run: false, found: 1, dismissed: 1 });
    expect(again).toMatchObject({ found: 0, dismissed: 0, already_dismissed: 1 });
    expect(sending).toMatchObject({ found: 1, passed: 1, dismissed: 0, already_dismissed: 1 });
    expect(redriver.sent).toMatchObject([{ message_id: 'm1' }]);
    expect(await dismissed()).toMatchObject({
      dead_letter_id: letters[0]?.dead_letter_id,
      outcome: 'dismissed',
      app_id: 'shop',
      code: 'invalid_json',
      message: 'a scanner',
    });
  });

  it('keeps the newest reason of what failed again, and is chosen by it', async () => {
    await redriver.put(await lettersOf('/v1/track', cart('m1', null)));
    await redriver.redrive();

    const choice = { dismiss: 'not wanted', schema: ['cart/1-0-1'], dry_run: false };
    expect(await redriver.redrive(choice)).toMatchObject({ dismissed: 1, failed: 1 });
    expect(await redriver.redrive(choice)).toMatchObject({ dismissed: 0, already_dismissed: 1 });
    expect(await dismissed()).toMatchObject({ schema: 'cart/1-0-1' });
  });

  it('does not unsettle what passed', async () => {
    await redriver.put(await lettersOf('/v1/track', cart('m1')));
    await redriver.redrive();

    const page = await redriver.redrive({ dismiss: 'not wanted', dry_run: false });

    expect(page).toMatchObject({ found: 0, dismissed: 0, already_redriven: 1 });
  });

  it.each([[''], ['  '], ['x'.repeat(501)], [true]])('needs a reason: %j', (dismiss) => {
    expect(() => readRedriveInput({ app: 'shop', dismiss }, () => 'UTC')).toThrow(
      'dismiss must be the reason, a text of 1 to 500 characters, got',
    );
  });
});
