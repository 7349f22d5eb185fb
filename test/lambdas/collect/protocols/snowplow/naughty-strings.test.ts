import { NAUGHTY_STRINGS, storable } from '../../../../bad-input.ts';
import { base64, contexts, event, get, post, selfDescribing } from './tracker.ts';

const NOTE = 'iglu:com.acme/note/jsonschema/1-0-0';
/** Ids are as long as columns of ids should be. */
const LONGEST_ID = 256;
const BATCH = 100;

/** An event with a text wherever a tracker may put one. */
function naughty(text: string, i: number, isBase64: boolean): Readonly<Record<string, unknown>> {
  const [ue, co] = [selfDescribing(NOTE, { text }), contexts({ schema: NOTE, data: { text } })];
  return event({
    ...{ e: 'ue', eid: `naughty-${i}`, aid: 'wiki', page: text, x_text: text },
    ...(isBase64 ? { ue_px: base64(ue), cx: base64(co) } : { ue_pr: ue, co }),
  });
}

function expected(text: string): object {
  const stored = storable(text);
  return {
    event: 'note',
    ...(text !== '' && { title: stored }),
    properties: {
      text: stored,
      _context: {
        contexts: [{ schema: NOTE, data: { text: stored } }],
        snowplow: text === '' ? {} : { x_text: stored },
      },
    },
  };
}

describe('naughty strings in events of Snowplow trackers', () => {
  it.each([true, false])('are stored to the letter, in base64: %s', async (isBase64) => {
    for (let start = 0; start < NAUGHTY_STRINGS.length; start += BATCH) {
      const texts = NAUGHTY_STRINGS.slice(start, start + BATCH);

      const { records } = await post(texts.map((text, i) => naughty(text, i, isBase64)));

      expect(records).toMatchObject(texts.map(expected));
    }
  });

  it('are stored to the letter from a query', async () => {
    for (const [i, text] of NAUGHTY_STRINGS.entries()) {
      const pairs = naughty(text.toWellFormed(), i, i % 2 === 0) as Record<string, string>;

      const { records } = await get(pairs);

      expect(records).toMatchObject([expected(text)]);
    }
  });

  it('as ids and names are stored, or refused with what is wrong', async () => {
    for (const text of NAUGHTY_STRINGS) {
      const ids = { uid: text, duid: text, sid: text, eid: text.slice(0, 100), aid: 'wiki' };

      const { answer, records, sinks } = await post([event({ ...ids, e: 'se', se_ac: text })]);

      expect(answer.statusCode).toBe(200);
      const isTooLong = text.length > LONGEST_ID;
      const codes = text === '' || isTooLong ? ['invalid_event'] : [];
      expect([text, ...sinks.deadLetters.map(({ code }) => code)]).toEqual([text, ...codes]);
      if (codes.length === 0) expect(records).toMatchObject([{ event: storable(text) }]);
    }
  });
});
