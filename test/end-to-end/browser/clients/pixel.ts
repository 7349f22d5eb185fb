import path from 'node:path';
import type { SentEvent } from '../../raw-events.ts';
import type { BrowserClient } from '../client.ts';
import type { ShowPixel } from './pixel-program.ts';

/** Images of pages without a client: the plain one, Segment's and RudderStack's. */
export const pixels: BrowserClient = {
  name: 'pixels',
  program: path.join(import.meta.dirname, 'pixel-program.ts'),
  visit: async ({ page, apiUrl, writeKey }) => {
    const call = {
      writeKey,
      messageId: 'pixel-2',
      userId: 'u-1',
      event: 'Opened',
      properties: { subject: 'Grüße ☕' },
    };
    const data = Buffer.from(JSON.stringify(call)).toString('base64url');
    const addresses = [
      `/in/x?k=${writeKey}&e=Offer%20Opened&u=u-1&m=pixel-1&offer=spring`,
      `/v1/pixel/track?data=${data}`,
      `/pixel/v1/page?writeKey=${writeKey}&messageId=pixel-3&anonymousId=a-1&name=Home&properties.path=%2Fhome`,
    ];
    for (const address of addresses) {
      const width = await page.evaluate(
        (src) => (globalThis as unknown as { showPixel: ShowPixel }).showPixel(src),
        `${apiUrl}${address}`,
      );
      if (width !== 1) throw new Error(`${address} is no image of one pixel: ${width}`);
    }
    const sent: SentEvent[] = [
      {
        message_id: 'pixel-1',
        type: 'track',
        event: 'Offer Opened',
        user_id: 'u-1',
        url: page.url(),
        path: new URL(page.url()).pathname,
        properties: { offer: 'spring' },
      },
      {
        message_id: 'pixel-2',
        type: 'track',
        event: 'Opened',
        user_id: 'u-1',
        properties: { subject: 'Grüße ☕' },
      },
      { message_id: 'pixel-3', type: 'page', event: 'Home', anonymous_id: 'a-1', path: '/home' },
    ];
    return sent.map((event) => ({ app_id: 'shop', ...event }));
  },
};
