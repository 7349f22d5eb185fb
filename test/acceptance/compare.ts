import { READ_KEY, STEPS } from './config.ts';
import type { Expectation } from './expected.ts';

/** One number that came out otherwise. */
export interface Mismatch {
  readonly expectation: Expectation;
  readonly got: number | null | undefined;
}

interface StepNumbers {
  readonly count?: number;
  readonly people?: number;
  readonly drop_off: number | null;
  readonly share_of_first?: number | null;
  readonly share_of_previous?: number | null;
}
interface Answer {
  readonly settled_until: string | null;
  readonly groups: readonly {
    readonly values: Readonly<Record<string, string | null>>;
    readonly steps?: readonly StepNumbers[];
    readonly events?: readonly StepNumbers[];
  }[];
}

/**
 * Asks the API every question that the expectations need, each once, and compares every number.
 * @param apiUrl of a stack that holds the data sets, settled.
 */
export async function compare(
  apiUrl: string,
  expectations: readonly Expectation[],
): Promise<Mismatch[]> {
  const answers = new Map<string, Answer>();
  const mismatches: Mismatch[] = [];
  for (const expectation of expectations) {
    const question = path(expectation);
    const answer = answers.get(question) ?? (await ask(apiUrl, expectation, question));
    answers.set(question, answer);
    const got = numberOf(answer, expectation);
    const { expected, tolerance } = expectation;
    if (typeof got !== 'number' || Math.abs(got - expected) > tolerance)
      mismatches.push({ expectation, got });
  }
  return mismatches;
}

function path({ dataSet, question, breakdown, filter }: Expectation): string {
  const parameters = new URLSearchParams({ from: '2015-01-01', to: '2015-05-01', tz: 'UTC' });
  if (question === 'funnels') parameters.set('name', 'published');
  else parameters.set('events', STEPS[dataSet].join(','));
  if (breakdown.length > 0) parameters.set('breakdown', breakdown.join(','));
  if (filter !== undefined) parameters.set('filter', filter);
  return `/v1/apps/${dataSet}/${question}?${parameters}`;
}

async function ask(apiUrl: string, { dataSet }: Expectation, question: string): Promise<Answer> {
  const response = await fetch(`${apiUrl}${question}`, {
    headers: { authorization: `Bearer ${READ_KEY(dataSet)}` },
  });
  if (!response.ok)
    throw new Error(`${question} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

function numberOf(
  answer: Answer,
  { breakdown, values, metric, step }: Expectation,
): number | null | undefined {
  const group = answer.groups.find((row) =>
    breakdown.every((name) => row.values[name] === values[name]),
  );
  const numbers = (group?.steps ?? group?.events)?.[step];
  return metric === 'people' ? (numbers?.people ?? numbers?.count) : numbers?.[metric];
}
