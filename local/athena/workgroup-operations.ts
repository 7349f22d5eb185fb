import type { Place } from '../glue/access.ts';
import type { Caller, Operation } from '../service.ts';
import { stringField } from './input.ts';
import type { WorkGroup, WorkGroups } from './workgroups.ts';

const ENGINE_VERSION = {
  SelectedEngineVersion: 'AUTO',
  EffectiveEngineVersion: 'Athena engine version 3',
};

/** Checks an action on a workgroup. @throws ServiceError AccessDeniedException */
export function authorizeWorkGroup(
  caller: Caller,
  { account, region }: Place,
  action: string,
  workgroup: string,
): void {
  caller.authorize(
    `athena:${action}`,
    `arn:aws:athena:${region}:${account}:workgroup/${workgroup}`,
  );
}

/** ListWorkGroups and GetWorkGroup. */
export function workGroupOperations(
  workgroups: WorkGroups,
  place: Place,
): Record<string, Operation> {
  return {
    ListWorkGroups: (_, caller) => {
      caller.authorize('athena:ListWorkGroups', '*');
      return {
        WorkGroups: workgroups.all().map((group) => ({
          Name: group.name,
          State: 'ENABLED',
          Description: group.description ?? '',
          CreationTime: group.createdAt,
          EngineVersion: ENGINE_VERSION,
        })),
      };
    },
    GetWorkGroup: (input, caller) => {
      const name = stringField(input, 'WorkGroup');
      authorizeWorkGroup(caller, place, 'GetWorkGroup', name);
      return { WorkGroup: described(workgroups.get(name)) };
    },
  };
}

function described(group: WorkGroup): object {
  return {
    Name: group.name,
    State: 'ENABLED',
    Description: group.description ?? '',
    CreationTime: group.createdAt,
    Configuration: {
      ResultConfiguration:
        group.outputLocation === undefined ? {} : { OutputLocation: group.outputLocation },
      EnforceWorkGroupConfiguration: group.enforced,
      BytesScannedCutoffPerQuery: group.bytesCutoff,
      PublishCloudWatchMetricsEnabled: false,
      RequesterPaysEnabled: false,
      EngineVersion: ENGINE_VERSION,
    },
  };
}
