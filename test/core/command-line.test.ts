import { withNegativeNumbers } from '../../core/command-line.ts';

describe('withNegativeNumbers', () => {
  it.each([
    [['--port', '-1'], ['--port=-1']],
    [
      ['--rate', '-.5', 'file'],
      ['--rate=-.5', 'file'],
    ],
    [
      ['--port=8080', '-1'],
      ['--port=8080', '-1'],
    ],
    [['-1'], ['-1']],
    [
      ['--no-sample', '--port', '0'],
      ['--no-sample', '--port', '0'],
    ],
    [
      ['--', '-1'],
      ['--', '-1'],
    ],
  ])('makes of %j %j', (argv, expected) => {
    expect(withNegativeNumbers(argv)).toEqual(expected);
  });
});
