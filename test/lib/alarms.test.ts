import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { makeTemplates } from './stacks.ts';

const { service } = makeTemplates();
const runbook = readFileSync(join(import.meta.dirname, '../../docs/RUNBOOK.md'), 'utf8');
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
const descriptions = Object.values(service.findResources('AWS::CloudWatch::Alarm')).map(
  (alarm): string => alarm.Properties.AlarmDescription,
);

describe('Alarms', () => {
  it('each have a heading in the runbook, to which their description leads', () => {
    const anchors = descriptions.map((text) => text.split('docs/RUNBOOK.md#')[1]);

    expect(anchors.sort()).toEqual(headings.map((heading) => heading?.toLowerCase()).sort());
  });

  it('are few', () => {
    expect(descriptions.length).toBeLessThanOrEqual(7);
  });

  it.each(headings)('have what it is, how to find out and how to mend it under %s', (heading) => {
    const section = runbook.split(`## ${heading}\n`)[1]?.split('\n## ')[0];

    for (const part of ['**Description.**', '**Investigation.**', '**Resolution.**']) {
      expect(section).toContain(part);
    }
  });

  it('sees no build at all as late, not as fine', () => {
    service.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ExecutionsSucceeded',
      TreatMissingData: 'breaching',
      EvaluationPeriods: 3,
    });
  });

  it('rings where reconcile finds something missing, or fails', () => {
    service.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp('eventsmissing$'),
      Threshold: 1,
      TreatMissingData: 'notBreaching',
      Metrics: Match.arrayWith([
        Match.objectLike({
          MetricStat: {
            Metric: { Namespace: 'Millrace/Millrace-Service', MetricName: 'Missing' },
            Period: 3600,
            Stat: 'Maximum',
          },
        }),
        Match.objectLike({
          MetricStat: Match.objectLike({
            Metric: Match.objectLike({ Namespace: 'AWS/Lambda', MetricName: 'Errors' }),
          }),
        }),
      ]),
    });
  });
});
