import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isRecord } from './values.ts';

/** One resource as the template writes it, intrinsics unresolved. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** A CloudFormation template. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Mappings?: Readonly<Record<string, unknown>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
}

interface TemplateOutput {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
  readonly Condition?: string;
}

/** One stack of a cloud assembly. */
export interface StackTemplate {
  readonly name: string;
  readonly template: Template;
  /** Folders and files of the stack's assets by their object key, as `<hash>.zip`. */
  readonly assets: ReadonlyMap<string, string>;
}

/**
 * Reads a cloud assembly (`cdk.out`): its stacks, dependencies first.
 * @throws Error where the folder is none.
 */
export function readAssembly(folder: string): StackTemplate[] {
  const manifest = readJson(path.join(folder, 'manifest.json'), folder);
  const artifacts = isRecord(manifest.artifacts) ? manifest.artifacts : {};
  const stacks = new Map<string, StackTemplate>();
  const visiting = new Set<string>();
  const visit = (id: string): void => {
    const artifact = artifacts[id];
    if (!isRecord(artifact) || visiting.has(id)) return;
    visiting.add(id);
    for (const other of Array.isArray(artifact.dependencies) ? artifact.dependencies : [])
      visit(String(other));
    if (artifact.type === 'cdk:cloud-assembly') {
      const nested = isRecord(artifact.properties) ? String(artifact.properties.directoryName) : '';
      for (const stack of readAssembly(path.join(folder, nested))) stacks.set(stack.name, stack);
    }
    if (artifact.type === 'aws:cloudformation:stack') {
      const stack = readStack(folder, id, artifact);
      stacks.set(stack.name, stack);
    }
  };
  for (const id of Object.keys(artifacts)) visit(id);
  if (stacks.size === 0) throw new Error(`no stack in the cloud assembly ${folder}`);
  return [...stacks.values()];
}

function readStack(
  folder: string,
  id: string,
  artifact: Readonly<Record<string, unknown>>,
): StackTemplate {
  const properties = isRecord(artifact.properties) ? artifact.properties : {};
  const template = readJson(path.join(folder, String(properties.templateFile)), folder);
  if (!isRecord(template.Resources))
    throw new Error(`the template of stack ${id} has no Resources`);
  return {
    name: typeof properties.stackName === 'string' ? properties.stackName : id,
    template: template as unknown as Template,
    assets: readAssets(folder, id),
  };
}

function readAssets(folder: string, id: string): Map<string, string> {
  const assets = new Map<string, string>();
  const file = path.join(folder, `${id}.assets.json`);
  const { files } = readJson(file, folder);
  for (const [hash, asset] of Object.entries(isRecord(files) ? files : {})) {
    if (!isRecord(asset) || !isRecord(asset.source)) continue;
    const source = path.resolve(folder, String(asset.source.path));
    assets.set(`${hash}.zip`, source);
    for (const target of Object.values(isRecord(asset.destinations) ? asset.destinations : {}))
      if (isRecord(target)) assets.set(String(target.objectKey), source);
  }
  return assets;
}

function readJson(file: string, folder: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(
      `cannot read ${file}: ${folder} must be a cloud assembly, made by \`npm run synth\``,
      { cause: error },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(
      `${file} is no JSON (${(error as Error).message}): make the cloud assembly again, with \`npm run synth\``,
      { cause: error },
    );
  }
  if (!isRecord(value)) throw new Error(`${file} must hold a JSON object`);
  return value;
}
