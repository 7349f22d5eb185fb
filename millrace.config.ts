import { defineConfig } from './core/config.ts';

/**
 * What this deployment of Millrace collects and answers. The same file drives `npm start` on one machine and
 * `npx cdk deploy` in the cloud. core/config.ts explains every option and its default.
 */
export default defineConfig({
  apps: [
    {
      id: 'shop',
      writeKeys: [
        // Stands in web pages: it identifies the app and never reads.
        { key: 'shop-public-key', kind: 'public' },
        // For your servers and for loading history: past event times are kept as they are.
        { key: 'shop-server-key', kind: 'server' },
      ],
      readKeys: [
        // SHA-256 of `local-read-key`, which everybody knows. Put your own here before you deploy: npm run key
        {
          name: 'local',
          sha256: 'c4b84eb70f7e66f2782577f721705e97bebce7e09f3206cb31dad305e94a3a2e',
        },
      ],
      // The property `plan` of an event becomes a column that answers can be filtered and broken down by.
      dimensions: [{ name: 'plan', property: 'plan' }],
      funnels: [
        {
          name: 'checkout',
          window: '1d',
          steps: [
            { event: 'home' },
            { event: 'search' },
            { event: 'product' },
            { event: 'cart' },
            { event: 'payment' },
            { event: 'confirmation' },
          ],
        },
      ],
    },
  ],
});
