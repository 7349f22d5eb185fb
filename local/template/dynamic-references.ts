import { isRecord } from './values.ts';

/** Values of dynamic references by service: what stands behind `{{resolve:<service>:` up to `}}` in, the value out. */
export type DynamicReferences = Readonly<Record<string, (reference: string) => string>>;

const REFERENCE = /\{\{resolve:([^:{}]+):([^{}]*)\}\}/g;

/**
 * A resolved value of a template with its dynamic references in place.
 * @throws Error for a service that is not known here, and for what the service does not know.
 */
export function withReferences(value: unknown, services: DynamicReferences): unknown {
  if (typeof value === 'string') {
    return value.replace(REFERENCE, (_, service: string, reference: string) => {
      const resolve = services[service];
      if (resolve) return resolve(reference);
      const known = Object.keys(services).join(', ') || 'none';
      throw new Error(`the dynamic reference to ${service} is not known here; known: ${known}`);
    });
  }
  if (Array.isArray(value)) return value.map((item) => withReferences(item, services));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withReferences(item, services)]),
  );
}
