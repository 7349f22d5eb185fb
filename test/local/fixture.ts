import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readAssembly, type StackTemplate } from '../../local/template/assembly.ts';

/** A stack of a hand-made assembly. */
export interface FixtureStack {
  readonly Resources: Readonly<Record<string, unknown>>;
  readonly [section: string]: unknown;
}

const folders: string[] = [];

/** A folder that {@link removeTemporaryFolders} removes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-test-'));
  folders.push(folder);
  return folder;
}

/** Removes what {@link temporaryFolder} made: for afterAll. */
export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Writes a cloud assembly: stacks by name, each depending on those before it; functions are assets `<name>.zip`. */
export function writeAssembly(
  stacks: Readonly<Record<string, FixtureStack>>,
  functions: Readonly<Record<string, string>> = {},
): string {
  const folder = temporaryFolder();
  const artifacts: Record<string, unknown> = {};
  const files: Record<string, unknown> = {};
  for (const [name, source] of Object.entries(functions)) {
    const asset = path.join(folder, `asset.${name}`);
    mkdirSync(asset);
    writeFileSync(path.join(asset, 'index.mjs'), source);
    files[name] = { source: { path: `asset.${name}`, packaging: 'zip' }, destinations: {} };
  }
  // The assembly lists a stack before those that it needs: the reader must find the order.
  for (const [index, name] of Object.keys(stacks).entries()) {
    writeFileSync(path.join(folder, `${name}.template.json`), JSON.stringify(stacks[name]));
    writeFileSync(path.join(folder, `${name}.assets.json`), JSON.stringify({ files }));
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: `${name}.template.json` },
      dependencies: Object.keys(stacks).slice(0, index),
    };
  }
  const reversed = Object.fromEntries(Object.entries(artifacts).reverse());
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({ artifacts: reversed }));
  return folder;
}

/** Stacks of a hand-made assembly. */
export function stacksOf(
  stacks: Readonly<Record<string, FixtureStack>>,
  functions: Readonly<Record<string, string>> = {},
): StackTemplate[] {
  return readAssembly(writeAssembly(stacks, functions));
}

/** A role that a service may assume, with statements. */
export function role(service: string, statements: readonly object[] = []): object {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
      },
      Policies: [{ PolicyName: 'own', PolicyDocument: { Statement: statements } }],
    },
  };
}

/** A function of the asset `<name>` with the role of the logical id `<name>Role`. */
export function lambdaFunction(name: string, properties: object = {}): object {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'assets', S3Key: `${name}.zip` },
      Handler: 'index.handler',
      Role: { 'Fn::GetAtt': [`${name}Role`, 'Arn'] },
      Runtime: 'nodejs24.x',
      ...properties,
    },
  };
}
