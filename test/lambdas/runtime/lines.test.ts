import fc from 'fast-check';
import { packLines, splitByLimits } from '../../../lambdas/runtime/lines.ts';

describe('packLines', () => {
  it('keeps all lines in their order, each ended, in texts below the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 30, unit: 'grapheme' })), (texts) => {
        const lines = texts.map((text) => JSON.stringify(text));

        const packed = packLines(lines, 200);

        expect(packed.map(String).join('')).toBe(lines.map((line) => `${line}\n`).join(''));
        expect(packed.every((record) => record.byteLength <= 200)).toBe(true);
      }),
    );
  });

  it('makes nothing of nothing, and says which line is too large', () => {
    expect(packLines([])).toEqual([]);
    expect(() => packLines(['x'.repeat(300)], 200)).toThrow('one line has 301 bytes: at most 200');
  });
});

describe('splitByLimits', () => {
  it('keeps to count and bytes', () => {
    const sizes = [3, 3, 3, 9, 1, 1, 1, 1];

    expect(splitByLimits(sizes, (size) => size, { count: 3, bytes: 7 })).toEqual([
      [3, 3],
      [3],
      [9],
      [1, 1, 1],
      [1],
    ]);
  });
});
