import type { Privacy } from '../../../core/privacy.ts';
import { namesAddress } from './address.ts';

/** What a key or path says of its value. */
export type KeyRule = 'secret' | 'hash' | 'phone' | 'address';

/** Paths from the call on: what is known at one of its places. */
export interface PathNode {
  readonly rule?: KeyRule;
  readonly children: ReadonlyMap<string, PathNode>;
}

const PHONE_NAMES =
  /^(?:(?:mobile|cell|home|work|office|contact|customer|user|billing|shipping)?(?:phone|telephone|tel|fax)(?:no|nr|number)?|mobile(?:no|nr|number)?|cell(?:no|nr|number)?|msisdn|whatsapp(?:number)?)$/;
const MOST_KNOWN = 5_000;
/** Characters of a name that is remembered: those of an event's keys. A refused one may have keys of 500 KB. */
const LONGEST_KNOWN = 256;

/** Rules of an app by the names of keys, and by paths. */
export class KeyRules {
  /** Rules by path, from the call. */
  readonly root: PathNode;
  /** The same from a webhook on, and from an event as Snowplow's trackers send it: dead letters keep both as they came. */
  readonly hook: PathNode;
  readonly event: PathNode;
  readonly #names = new Set<string>();
  readonly #starts: readonly string[];
  readonly #ends: readonly string[];
  readonly #phones: boolean;
  readonly #addresses: boolean;
  readonly #known = new Map<string, KeyRule | null>();

  constructor({ keys, hash, phone, ip }: Privacy) {
    const names = keys.filter((key) => !key.includes('.'));
    for (const name of names) if (!name.includes('*')) this.#names.add(normalName(name));
    const wild = names.filter((name) => name.includes('*'));
    this.#starts = wild.filter((name) => name.endsWith('*')).map(normalName);
    this.#ends = wild.filter((name) => name.startsWith('*')).map(normalName);
    this.#phones = phone !== 'keep';
    this.#addresses = ip !== 'keep';
    const paths = keys.filter((key) => key.includes('.'));
    this.root = tree([
      ...paths.map((path) => [path, 'secret'] as const),
      // Traits come in the call and in its context; an alias names the user's earlier id.
      ...hash.flatMap((path) => withTwins(path)).map((path) => [path, 'hash'] as const),
    ]);
    const properties = below(this.root, 'properties');
    this.hook = named({
      payload: properties,
      query_parameters: below(below(this.root, 'context'), 'query_parameters'),
      // Of Iglu's: data, or objects of schema and data.
      data: properties && {
        ...properties,
        children: new Map([...properties.children, ...named({ data: properties }).children]),
      },
    });
    const described = properties && named({ data: named({ data: properties }) });
    this.event = {
      children: new Map([
        ...this.root.children,
        ...named({ ue_pr: described, ue_px: described }).children,
      ]),
    };
  }

  /** What the name of a key or parameter says of its value, wherever it stands. */
  ofName(name: string): KeyRule | undefined {
    if (name.length > LONGEST_KNOWN) return this.#work(normalName(name));
    let rule = this.#known.get(name);
    if (rule === undefined) {
      rule = this.#work(normalName(name)) ?? null;
      // Names come from outside: the memory of them must not grow without end.
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(name, rule);
    }
    return rule ?? undefined;
  }

  #work(name: string): KeyRule | undefined {
    if (this.#names.has(name)) return 'secret';
    if (this.#ends.some((end) => name.endsWith(end))) return 'secret';
    if (this.#starts.some((start) => name.startsWith(start))) return 'secret';
    if (this.#addresses && namesAddress(name)) return 'address';
    return this.#phones && PHONE_NAMES.test(name) ? 'phone' : undefined;
  }
}

/** A name without what people write differently: case, _, -, blanks, dots, *. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[\s_*.-]+/g, '');
}

/** The place below this one that a key leads to. */
export function below(node: PathNode | undefined, key: string): PathNode | undefined {
  if (node === undefined || node.children.size === 0) return undefined;
  return node.children.get(normalName(key));
}

/** A place above others. */
function named(members: Readonly<Record<string, PathNode | undefined>>): PathNode {
  return {
    children: new Map(
      Object.entries(members).flatMap(([name, node]) =>
        node === undefined ? [] : [[normalName(name), node] as const],
      ),
    ),
  };
}

function withTwins(path: string): string[] {
  const traits = /^(?:context\.)?(traits\..+)$/i.exec(path)?.[1];
  if (traits !== undefined) return [traits, `context.${traits}`];
  if (normalName(path) === 'userid') return [path, 'previousId'];
  return normalName(path) === 'groupid' ? [path, 'context.groupId'] : [path];
}

interface MutableNode {
  rule?: KeyRule;
  readonly children: Map<string, MutableNode>;
}

function tree(rules: readonly (readonly [path: string, rule: KeyRule])[]): PathNode {
  const root: MutableNode = { children: new Map() };
  for (const [path, rule] of rules) {
    let node = root;
    for (const part of path.split('.')) {
      const name = normalName(part);
      const next = node.children.get(name) ?? { children: new Map() };
      node.children.set(name, next);
      node = next;
    }
    node.rule = rule;
  }
  return root;
}
