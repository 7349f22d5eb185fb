import { describe, expect, test } from '@jest/globals';
import { knownKeys } from '../../bin/known-keys.ts';
import { defineConfig } from '../../core/config.ts';
import sample from '../../millrace.config.ts';

describe('keys that everybody knows', () => {
  test('the sample config has a read key and a server key that must not be deployed', () => {
    expect(knownKeys(sample)).toEqual([
      'apps[0].readKeys: local is local-read-key, which everybody knows',
      'apps[0].writeKeys: the server key shop-server-key stands in the sample config',
    ]);
  });

  test('keys of your own are fine', () => {
    const config = defineConfig({
      apps: [
        {
          id: 'shop',
          writeKeys: [{ key: 'a-key-of-mine', kind: 'server' }],
          readKeys: [{ name: 'me', sha256: 'a'.repeat(64) }],
        },
      ],
    });
    expect(knownKeys(config)).toEqual([]);
  });
});
