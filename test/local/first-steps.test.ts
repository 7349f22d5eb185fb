import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readKeys } from '../../local/first-steps.ts';
import { removeTemporaryFolders, temporaryFolder } from './fixture.ts';

/** SHA-256 of local-read-key. */
const SAMPLE = 'c4b84eb70f7e66f2782577f721705e97bebce7e09f3206cb31dad305e94a3a2e';

function bundle(name: string, app: object): string {
  const folder = path.join(temporaryFolder(), name);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ apps: [app] }));
  return folder;
}

afterAll(removeTemporaryFolders);

test('the keys of the first steps come together from what each bundle carries', () => {
  const collect = bundle('collect', {
    id: 'shop',
    writeKeys: [
      { key: 'public', kind: 'public' },
      { key: 'server', kind: 'server' },
    ],
  });
  const query = bundle('query', {
    id: 'shop',
    readKeys: [{ name: 'local', sha256: SAMPLE }],
    funnels: [{ name: 'checkout' }],
  });
  expect(readKeys([temporaryFolder(), collect, query])).toEqual({
    app: 'shop',
    writeKey: 'public',
    serverKey: 'server',
    readKey: 'local-read-key',
    funnel: 'checkout',
  });
});

test('a read key that only its owner knows is not shown', () => {
  const query = bundle('query', {
    id: 'shop',
    readKeys: [{ name: 'own', sha256: 'a'.repeat(64) }],
  });
  expect(readKeys([query])).toEqual({ app: 'shop' });
});
