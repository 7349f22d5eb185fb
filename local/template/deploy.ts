import { createHash } from 'node:crypto';
import type { CreatedResource, ResolvedResource, ResourceHandlers } from '../service.ts';
import type { StackTemplate, TemplateResource } from './assembly.ts';
import { type DynamicReferences, withReferences } from './dynamic-references.ts';
import { condition, references, resolve, type Scope } from './intrinsics.ts';
import { isRecord } from './values.ts';
import { WITHOUT_EFFECT } from './without-effect.ts';

/** A resource of the template that now exists. */
export interface DeployedResource {
  readonly stack: string;
  readonly resource: ResolvedResource;
  readonly created: CreatedResource;
  /** Construct path of the CDK app, as Millrace/Collect/Function/Resource. */
  readonly constructPath: string;
}

/** What the stacks of an assembly became. */
export interface Deployment {
  readonly resources: readonly DeployedResource[];
  /** Outputs of all stacks by their name. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Options of {@link deploy}. */
export interface DeployOptions {
  /** Values of template parameters that have no default. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Services that dynamic references name. */
  readonly references?: DynamicReferences;
}

/**
 * Creates the resources of all stacks in dependency order through the handlers of their types.
 * @throws Error that names the stack, the resource and its construct path, and what is not known: a type, a property, a reference.
 */
export async function deploy(
  stacks: readonly StackTemplate[],
  handlers: ResourceHandlers,
  options: DeployOptions = {},
): Promise<Deployment> {
  refuseUnknown(stacks, handlers);
  const resources: DeployedResource[] = [];
  const outputs: Record<string, string> = {};
  const exports = new Map<string, unknown>();
  for (const { name, template } of stacks) {
    const created = new Map<string, CreatedResource>();
    const scope: Scope = {
      stack: name,
      template,
      parameters: options.parameters ?? {},
      created,
      exports,
    };
    for (const logicalId of creationOrder(name, template.Resources)) {
      const resource = template.Resources[logicalId]!;
      if (resource.Condition !== undefined && !condition(resource.Condition, scope)) continue;
      const deployed = await create(logicalId, resource, scope, handlers, options.references ?? {});
      created.set(logicalId, deployed.created);
      resources.push(deployed);
    }
    for (const [output, { Value, Export, Condition }] of Object.entries(template.Outputs ?? {})) {
      if (Condition !== undefined && !condition(Condition, scope)) continue;
      const value = resolve(Value, scope);
      outputs[output] = String(value);
      if (Export) exports.set(String(resolve(Export.Name, scope)), value);
    }
  }
  return { resources, outputs };
}

/** A name for what the template leaves unnamed: lower case, digits and hyphens, at most 54 characters, the same after a restart. */
export function generatedName(stack: string, logicalId: string): string {
  const hash = createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, 8);
  const readable = `${stack}-${logicalId}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `${readable.slice(0, 45).replaceAll(/^-|-$/g, '')}-${hash}`;
}

/** All unknown types at once: who writes a template would rather hear of them together. */
function refuseUnknown(stacks: readonly StackTemplate[], handlers: ResourceHandlers): void {
  const unknown = stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => !(Type in handlers) && !(Type in WITHOUT_EFFECT))
      .map(([id, resource]) => `${resource.Type} at ${where(name, id, resource)}`),
  );
  if (unknown.length === 0) return;
  const known = Object.keys(handlers).sort().join(', ');
  throw new Error(
    `resource type not known on one machine: ${unknown.join('; ')}. Known types: ${known}`,
  );
}

async function create(
  logicalId: string,
  resource: TemplateResource,
  scope: Scope,
  handlers: ResourceHandlers,
  services: DynamicReferences,
): Promise<DeployedResource> {
  const place = where(scope.stack, logicalId, resource);
  try {
    const properties = withReferences(resolve(resource.Properties ?? {}, scope), services);
    if (!isRecord(properties)) throw new Error('Properties must be an object');
    const resolved: ResolvedResource = {
      logicalId,
      type: resource.Type,
      properties,
      generatedName: generatedName(scope.stack, logicalId),
    };
    const handler = handlers[resource.Type];
    if (handler) refuseUnknownProperties(properties, handler.properties);
    const created = await (handler ?? WITHOUT_EFFECT[resource.Type]!).create(resolved);
    return { stack: scope.stack, resource: resolved, created, constructPath: pathOf(resource) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${place} (${resource.Type}): ${message}`, { cause: error });
  }
}

function refuseUnknownProperties(
  properties: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, true | string>>,
): void {
  const names = Object.keys(known);
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(properties)) {
    if (name in known) continue;
    const members = Array.isArray(value) ? value.filter(isRecord) : isRecord(value) ? [value] : [];
    if (members.length === 0 || !names.some((other) => other.startsWith(`${name}.`)))
      unknown.push(name);
    for (const member of members)
      for (const key of Object.keys(member))
        if (!(`${name}.${key}` in known)) unknown.push(`${name}.${key}`);
  }
  if (unknown.length > 0)
    throw new Error(
      `property not known on one machine: ${[...new Set(unknown)].join(', ')}. Known: ${names.sort().join(', ')}`,
    );
}

/** Logical ids so that each comes after what it refers to. */
function creationOrder(
  stack: string,
  resources: Readonly<Record<string, TemplateResource>>,
): string[] {
  const order: string[] = [];
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): void => {
    const resource = resources[id];
    if (!resource || done.has(id)) return;
    if (trail.includes(id))
      throw new Error(`circular dependency in ${stack}: ${[...trail, id].join(' -> ')}`);
    const { DependsOn = [], Properties } = resource;
    for (const other of [...references(Properties), ...[DependsOn].flat()])
      visit(String(other), [...trail, id]);
    done.add(id);
    order.push(id);
  };
  for (const id of Object.keys(resources)) visit(id, []);
  return order;
}

function where(stack: string, logicalId: string, resource: TemplateResource): string {
  const constructPath = pathOf(resource);
  return constructPath === ''
    ? `${stack}.${logicalId}`
    : `${stack}.${logicalId} (${constructPath})`;
}

function pathOf(resource: TemplateResource): string {
  const constructPath = resource.Metadata?.['aws:cdk:path'];
  return typeof constructPath === 'string' ? constructPath : '';
}
