import {
  answerSteps,
  type StepFigures,
  timeToConvert,
  wilsonInterval,
} from '../../core/funnel-answer.ts';
import { compileFunnel } from '../../core/funnel-definition.ts';

const KINDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const FUNNEL = compileFunnel(
  { name: 'six', window: '1d', steps: KINDS.map((event) => ({ event })) },
  'f',
);

function figures(people: number): StepFigures {
  return {
    people,
    provisional: 0,
    mean_lap: 1500,
    median_lap: 1000,
    mean_elapsed: 3000,
    median_elapsed: 2000,
  };
}

test('the plainest funnel: 150, 80, 80, 40, 10, 7', () => {
  const counted = new Map([150, 80, 80, 40, 10, 7].map((people, i) => [i + 1, figures(people)]));

  const steps = answerSteps(FUNNEL, counted);

  expect(steps.map((step) => step.share_of_first)).toEqual([
    1, 0.5333, 0.5333, 0.2667, 0.0667, 0.0467,
  ]);
  expect(steps.map((step) => step.drop_off)).toEqual([null, 0.4667, 0, 0.5, 0.75, 0.3]);
  expect(steps[1]).toMatchObject({
    share_of_previous: 0.5333,
    median_seconds_from_previous: 1,
    mean_seconds_from_previous: 1.5,
    median_seconds_from_start: 2,
    small_sample: false,
  });
});

test('steps that nobody reached have no times, and no share where nobody came before', () => {
  const steps = answerSteps(FUNNEL, new Map([[1, figures(2)]]));

  expect(steps[0]).toMatchObject({ people: 2, share_of_first: 1, small_sample: true });
  expect(steps[0]!.median_seconds_from_previous).toBeNull();
  expect(steps[1]).toMatchObject({ people: 0, share_of_first: 0, drop_off: 1 });
  expect(steps[2]).toMatchObject({ people: 0, share_of_previous: null, drop_off: null });
  expect(answerSteps(FUNNEL, new Map())[0]).toMatchObject({ people: 0, share_of_first: null });
});

test('the interval is that of Wilson', () => {
  expect(wilsonInterval(0, 10)).toEqual([0, 0.2775]);
  expect(wilsonInterval(5, 10)).toEqual([0.2366, 0.7634]);
  expect(wilsonInterval(10, 10)).toEqual([0.7225, 1]);
});

test('times to convert fall into as many bins as the cube root of the people', () => {
  const durations = [3600, 2220, 82_800].map((s) => ({ duration_ms: s * 1000, people: 1 }));

  expect(timeToConvert(durations)).toEqual({
    people: 3,
    mean_seconds: 29_540,
    bins: [
      [2220, 2],
      [42_510, 0],
      [82_800, 1],
    ],
  });
  expect(timeToConvert(durations, 7).bins).toHaveLength(8);
  expect(timeToConvert([])).toEqual({ people: 0, mean_seconds: null, bins: [] });
  expect(timeToConvert([{ duration_ms: 0, people: 4 }]).bins[0]).toEqual([0, 4]);
});
