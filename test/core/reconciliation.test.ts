import fc from 'fast-check';
import { balanceOf, type HourCounts, NO_COUNTS } from '../../core/reconciliation.ts';

const COUNTS = fc.record(
  Object.fromEntries(
    Object.keys(NO_COUNTS).map((member) => [member, fc.nat({ max: 50 })]),
  ) as Record<keyof HourCounts, fc.Arbitrary<number>>,
);

describe('the balance of an hour', () => {
  it('adds up, whatever was counted', () => {
    fc.assert(
      fc.property(COUNTS, fc.constantFrom('open' as const, 'settled' as const), (counts, state) => {
        const { received, in_flight, missing, surplus } = balanceOf(counts, state);
        const { stored, duplicate, refused, undelivered, declined } = counts;
        expect(received + counts.redriven + surplus).toBe(
          stored + duplicate + refused + undelivered + declined + in_flight + missing,
        );
        expect(state === 'open' ? missing : in_flight).toBe(0);
      }),
    );
  });

  it('says that what is not there is on its way while the hour is open, and missing once it is settled', () => {
    const counts = { ...NO_COUNTS, accepted: 10, stored: 6, duplicate: 1, undelivered: 1 };

    expect(balanceOf(counts, 'open')).toEqual({
      received: 10,
      in_flight: 2,
      missing: 0,
      surplus: 0,
    });
    expect(balanceOf(counts, 'settled')).toMatchObject({ in_flight: 0, missing: 2 });
  });

  it('does not let dead letters that are too many make up for events that are too few', () => {
    const counts = { ...NO_COUNTS, accepted: 5, stored: 3, refused_at_door: 1, refused: 3 };

    expect(balanceOf(counts, 'settled')).toMatchObject({ missing: 2, surplus: 2 });
  });

  it('takes what was sent again for received once more', () => {
    const counts = { ...NO_COUNTS, refused_at_door: 2, refused: 2, redriven: 2, stored: 2 };

    expect(balanceOf(counts, 'settled')).toEqual({
      received: 2,
      in_flight: 0,
      missing: 0,
      surplus: 0,
    });
  });
});
