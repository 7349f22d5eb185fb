import { join } from 'node:path';
import { refreshValidators } from '../schemas/compile.ts';

/** Jest's global setup: makes what `#validators` names, so that the tests run from a fresh clone. */
export default function compileValidatorsOnce(): void {
  const root = join(import.meta.dirname, '..');
  refreshValidators(join(root, 'schemas'), join(root, 'dist/validators.mjs'));
}
