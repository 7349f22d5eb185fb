import type { App } from '../../core/config.ts';
import type { FunnelDefinition } from '../../core/funnel.ts';
import { shownValue } from '../../core/shown-value.ts';
import { InvalidParameterError } from './parameters.ts';

/**
 * A funnel of the configuration.
 * @param parameter The parameter that names it, for the error.
 * @throws InvalidParameterError that lists the funnels there are.
 */
export function findFunnel(app: App, name: string, parameter: string): FunnelDefinition {
  const found = app.funnels.find((funnel) => funnel.name === name);
  if (found === undefined) {
    const known = app.funnels.map((funnel) => funnel.name);
    throw new InvalidParameterError(
      parameter,
      `unknown funnel ${shownValue(name)}, ${known.length === 0 ? 'the app has none: give a definition in the body of a POST' : `allowed are ${known.join(', ')}`}`,
    );
  }
  return found;
}
