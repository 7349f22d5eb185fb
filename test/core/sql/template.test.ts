import { type Sql, sqlString } from '../../../core/sql/quote.ts';
import { render } from '../../../core/sql/template.ts';

describe('render', () => {
  it('drops comment lines and blank lines of the template', () => {
    expect(
      render('-- why\nSELECT\n\n  {{x}}\n{{none}}\n', { x: 'a' as Sql, none: '' as Sql }),
    ).toBe('SELECT\n  a');
  });

  it('leaves values as they are: blank lines, comments and tags in them are text', () => {
    const value = 'p\n\n  \n-- q\n{{x}}';

    expect(render('event = {{x}}\n\nAND b', { x: sqlString(value) })).toBe(
      `event = '${value}'\nAND b`,
    );
  });

  it('keeps such values through a second template', () => {
    const inner = render('a = {{x}}', { x: sqlString('p\n\nq') });

    expect(render('({{inner}})', { inner })).toBe("(a = 'p\n\nq')");
  });
});
