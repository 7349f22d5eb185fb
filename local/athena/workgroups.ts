import type { ResourceHandler } from '../service.ts';
import { invalidRequest } from './errors.ts';

/** Least value of a workgroup's byte limit that AWS takes. */
const LEAST_CUTOFF = 10_000_000;

/** A workgroup: where results go and how much one query may scan. */
export interface WorkGroup {
  readonly name: string;
  readonly description?: string;
  readonly enforced: boolean;
  readonly outputLocation?: string;
  readonly bytesCutoff?: number;
  /** Epoch seconds. */
  readonly createdAt: number;
}

/** The workgroups of the template, and `primary`, which every account has. */
export class WorkGroups {
  readonly #groups = new Map<string, WorkGroup>();

  constructor() {
    this.#put({ name: 'primary', enforced: false });
  }

  /** @throws ServiceError InvalidRequestException */
  get(name: string): WorkGroup {
    const group = this.#groups.get(name);
    if (group === undefined) throw invalidRequest(`WorkGroup ${name} is not found.`);
    return group;
  }

  /** All workgroups, by name. */
  all(): WorkGroup[] {
    return [...this.#groups.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Makes workgroups of a template. */
  handler(): ResourceHandler {
    return {
      properties: {
        Name: true,
        Description: true,
        State: true,
        Tags: 'there is no billing',
        RecursiveDeleteOption: 'nothing is deleted',
        WorkGroupConfiguration: true,
      },
      create: ({ properties, generatedName }) => {
        const name = String(properties.Name ?? generatedName);
        const description =
          properties.Description === undefined ? undefined : String(properties.Description);
        if ((properties.State ?? 'ENABLED') !== 'ENABLED')
          throw new Error(
            `State of a workgroup must be ENABLED on one machine, got ${String(properties.State)}`,
          );
        this.#put({ name, description, ...configuration(properties.WorkGroupConfiguration) });
        return {
          ref: name,
          attributes: { CreationTime: String(this.get(name).createdAt) },
        };
      },
    };
  }

  #put(group: Omit<WorkGroup, 'createdAt'>): void {
    this.#groups.set(group.name, { ...group, createdAt: Math.floor(Date.now() / 1000) });
  }
}

type Configuration = Pick<WorkGroup, 'enforced' | 'outputLocation' | 'bytesCutoff'>;

/** Members of WorkGroupConfiguration: true where implemented, else why they have no effect on one machine. */
const MEMBERS: Readonly<Record<string, true | string>> = {
  EnforceWorkGroupConfiguration: true,
  BytesScannedCutoffPerQuery: true,
  ResultConfiguration: true,
  EngineVersion: 'there is one engine: version 3 by DuckDB',
  PublishCloudWatchMetricsEnabled: 'there is no CloudWatch',
  RequesterPaysEnabled: 'nobody pays',
};

function configuration(value: unknown): Configuration {
  const members = (value ?? {}) as Record<string, unknown>;
  const unknown = Object.keys(members).filter((name) => !(name in MEMBERS));
  if (unknown.length > 0) {
    throw new Error(
      `WorkGroupConfiguration.${unknown.join(', ')} is not known on one machine, known are ${Object.keys(MEMBERS).join(', ')}`,
    );
  }
  const result = (members.ResultConfiguration ?? {}) as Record<string, unknown>;
  const cutoff = members.BytesScannedCutoffPerQuery;
  if (cutoff !== undefined && !(Number(cutoff) >= LEAST_CUTOFF))
    throw new Error(
      `BytesScannedCutoffPerQuery must be at least ${LEAST_CUTOFF}, got ${String(cutoff)}`,
    );
  const engine = (members.EngineVersion as Record<string, unknown> | undefined)
    ?.SelectedEngineVersion;
  if (engine !== undefined && !['AUTO', 'Athena engine version 3'].includes(String(engine)))
    throw new Error(`SelectedEngineVersion must be Athena engine version 3, got ${String(engine)}`);
  return {
    // CloudFormation's default is true.
    enforced: String(members.EnforceWorkGroupConfiguration ?? true) === 'true',
    outputLocation: result.OutputLocation === undefined ? undefined : String(result.OutputLocation),
    bytesCutoff: cutoff === undefined ? undefined : Number(cutoff),
  };
}
