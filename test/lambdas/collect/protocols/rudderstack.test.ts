import { KEYS, recordOf, send } from '../collector.ts';

describe("RudderStack's calls", () => {
  it('merge a user with each of its ids', async () => {
    const mergeProperties = [
      { type: 'deviceId', value: 'd-1' },
      { type: 'crmId', value: 'c-1' },
    ];
    const body = { userId: 'u-1', messageId: 'm-1', mergeProperties };
    const { answer, records } = await send('/v1/merge', body);

    expect(answer).toMatchObject({ accepted: 2 });
    expect(records).toMatchObject([
      { type: 'alias', user_id: 'u-1', previous_id: 'd-1', message_id: 'm-1' },
      { type: 'alias', user_id: 'u-1', previous_id: 'c-1', message_id: 'm-1/1' },
    ]);
    expect(JSON.parse(String(records[1]?.properties))).toEqual({
      _extra: { mergeProperties: [{ type: 'crmId', value: 'c-1' }] },
    });
  });

  it('merge a device alone with the ids that it becomes, in a batch too', async () => {
    const merge = {
      type: 'merge',
      anonymousId: 'a-1',
      messageId: 'm-1',
      mergeProperties: [{ type: 'crmId', value: 'c-1' }],
    };
    const track = { type: 'track', event: 'x', anonymousId: 'a-1', messageId: 'm-2' };
    const { records } = await send('/v1/batch', { batch: [merge, track] });

    expect(records).toMatchObject([
      { type: 'alias', user_id: 'c-1', previous_id: 'a-1', message_id: 'm-1' },
      { type: 'track', message_id: 'm-2' },
    ]);
  });

  it('merge ids of more digits than a double has, to the letter', async () => {
    const body =
      '{"userId":12345678901234567890,"messageId":1.0,"mergeProperties":[{"value":98765432109876543210},{"value":"c"}],"context":{"n":1.10}}';
    const { records } = await send('/v1/merge', body);

    expect(records).toMatchObject([
      { message_id: '1.0', user_id: '12345678901234567890', previous_id: '98765432109876543210' },
      { message_id: '1.0/1', user_id: '12345678901234567890', previous_id: 'c' },
    ]);
    expect(records.map(({ properties }) => properties)).toEqual([
      expect.stringContaining('"n":1.10'),
      expect.stringContaining('"n":1.10'),
    ]);
  });

  it('that merge nothing are refused as they came', async () => {
    const body = '{"userId": "u-1", "type": "merge", "mergeProperties": []}';
    const { answer, sinks } = await send('/v1/merge', body);

    expect(answer).toMatchObject({ accepted: 0, refused: [{ code: 'invalid_event' }] });
    expect(sinks.deadLetters).toMatchObject([{ pointer: '/previousId', payload: body }]);
  });

  it('come by beacon, with the key in the query', async () => {
    const batch = [{ type: 'track', event: 'x', anonymousId: 'a-1', messageId: 'm-1' }];
    const sent = { batch, sentAt: new Date().toISOString() };
    const record = await recordOf('/beacon/v1/batch', sent, {
      authorization: undefined,
      query: `writeKey=${KEYS.shop}`,
    });

    expect(record).toMatchObject({ message_id: 'm-1', app_id: 'shop' });
  });
});
