import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secrets } from '../../../local/secretsmanager/secrets.ts';
import type { ResourceHandlers } from '../../../local/service.ts';
import { deploy } from '../../../local/template/deploy.ts';
import { stacksOf } from '../fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Deploys a template with one secret, and gives back what a text beside it became. */
async function textBeside(secret: object, text: string): Promise<unknown> {
  const secrets = new Secrets({ folder, account: '000000000000', region: 'us-east-1' });
  const seen: unknown[] = [];
  const handlers: ResourceHandlers = {
    ...secrets.resources,
    'Test::Text': {
      properties: { Text: true },
      create: ({ properties }) => {
        seen.push(properties.Text);
        return { ref: 'text', attributes: {} };
      },
    },
  };
  const Resources = {
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties: secret },
    Text: { Type: 'Test::Text', Properties: { Text: { 'Fn::Sub': text } } },
  };
  const references = { secretsmanager: (reference: string) => secrets.resolve(reference) };
  await deploy(stacksOf({ Stack: { Resources } }), handlers, { references });
  return seen[0];
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
const VALUE = '{{resolve:secretsmanager:${Secret}:SecretString:::}}';

describe('a secret of the template', () => {
  it('is made as it says, and is the same after a restart', async () => {
    const generated = { GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } };

    const first = await textBeside(generated, VALUE);
    const again = await textBeside(generated, VALUE);

    expect(first).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(again).toBe(first);
  });

  it('has 32 characters where the template says nothing', async () => {
    expect(await textBeside({ Name: 'plain', GenerateSecretString: {} }, VALUE)).toHaveLength(32);
  });

  it('is a part of a text, or a member of the JSON that it is', async () => {
    const given = { Name: 'given', SecretString: '{"user":"ann"}' };

    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
    const member = '<{{resolve:secretsmanager:${Secret}:SecretString:user::}}>';

    expect(await textBeside(given, member)).toBe('<ann>');
  });

  it('is readable by its owner only', async () => {
    await textBeside({ Name: 'owned', SecretString: 'x' }, VALUE);

    expect(statSync(join(folder, 'owned.secret')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['{{resolve:secretsmanager:other:SecretString}}', /names no secret here; known: arn:aws/],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
    ['{{resolve:secretsmanager:${Secret}:SecretString::old:}}', /secrets have one version here/],
    ['{{resolve:ssm:/a}}', /dynamic reference to ssm is not known here; known: secretsmanager/],
  ])('is refused by name where %s asks for what is not there', async (text, message) => {
    await expect(textBeside({ Name: 'asked', SecretString: 'x' }, text)).rejects.toThrow(message);
  });
});
