import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Stack } from './stack.ts';
import { isRecord, list } from './template/values.ts';

/** Keys of the config that the first steps are shown with. */
export interface Keys {
  readonly app: string;
  readonly writeKey?: string;
  readonly serverKey?: string;
  /** The key itself where it is the sample config's, which everybody knows. */
  readonly readKey?: string;
  readonly funnel?: string;
}

/** The sample config's read key: configs hold only hashes of them. */
const SAMPLE_READ_KEY = 'local-read-key';

/** Reads the keys of the first app from the bundles' config.json; a bundle holds what its function needs. */
export function readKeys(bundles: readonly string[]): Keys | undefined {
  const found: { -readonly [key in keyof Keys]?: string } = {};
  for (const bundle of bundles) {
    const app = firstApp(path.join(bundle, 'config.json'));
    if (!app) continue;
    found.app ??= String(app.id);
    for (const key of list(app.writeKeys, 'writeKeys').filter(isRecord)) {
      if (key.kind === 'server') found.serverKey ??= String(key.key);
      else found.writeKey ??= String(key.key);
    }
    const sample = createHash('sha256').update(SAMPLE_READ_KEY).digest('hex');
    if (list(app.readKeys, 'readKeys').some((key) => isRecord(key) && key.sha256 === sample))
      found.readKey = SAMPLE_READ_KEY;
    for (const funnel of list(app.funnels, 'funnels').filter(isRecord))
      found.funnel ??= String(funnel.name);
  }
  return found.app === undefined ? undefined : { ...found, app: found.app };
}

/** What a person may do first with a stack that runs. */
export function firstSteps(stack: Stack, speed: number, keys: Keys | undefined): string {
  const { apiUrl, awsUrl, region } = stack;
  const app = keys?.app ?? 'APP';
  // A public key's user agent is taken for the visitor's, and curl's is a bot's: answers would leave the event out.
  const writeKey = keys?.serverKey ?? keys?.writeKey ?? 'WRITE_KEY';
  const readKey = keys?.readKey ?? 'READ_KEY';
  const today = new Date().toISOString().slice(0, 10);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const range = `from=${today}&to=${tomorrow}`;
  const question =
    keys?.funnel === undefined ? `totals?${range}` : `funnels?name=${keys.funnel}&${range}`;
  return `Millrace runs on this machine.

  HTTP API       ${apiUrl}
  AWS endpoint   ${awsUrl}
  speed          ${speed}: an hour of the schedules takes ${duration(3600 / speed)}, a delivery buffer of 300 s takes ${duration(300 / speed)}

Send an event:

  curl ${apiUrl}/v1/track -u ${writeKey}: -H 'content-type: application/json' \\
    -d '{"event":"home","anonymousId":"me","properties":{"plan":"free"}}'

Ask a question (the event is in the answer after the next build):

  curl -H 'authorization: Bearer ${readKey}' \\
    '${apiUrl}/v1/apps/${app}/${question}'

See what is stored, with the AWS CLI:

  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=${region}
  aws --endpoint-url ${awsUrl} s3 ls --recursive s3://${bucket(stack)}/raw/
`;
}

function firstApp(file: string): Record<string, unknown> | undefined {
  if (!existsSync(file)) return undefined;
  const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const [app] = isRecord(config) ? list(config.apps, 'apps') : [];
  return isRecord(app) ? app : undefined;
}

function bucket({ outputs, deployment }: Stack): string {
  const first = deployment.resources.find(({ resource }) => resource.type === 'AWS::S3::Bucket');
  return outputs.LakeBucket ?? first?.created.ref ?? 'BUCKET';
}

function duration(seconds: number): string {
  return seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds * 10) / 10} s`;
}
