import type { App, Config } from '../../core/config.ts';
import { compileFunnel } from '../../core/funnel-definition.ts';
import type { Partition } from '../../core/layout.ts';
import { type FunnelContext, windowDays } from '../../core/sql/funnel-context.ts';
import {
  funnelAttemptsSelect,
  funnelMonthsSelect,
  funnelStepsSelect,
  hasMonths,
} from '../../core/sql/funnels.ts';
import type { Sql } from '../../core/sql/quote.ts';
import { statementText } from '../runtime/statements.ts';
import type { AppDefinitions } from './assess.ts';
import type { BuildContext } from './context.ts';
import { eventsHash, eventsSelect } from './events-select.ts';
import { readForIdentities } from './identity-hours.ts';
import { shortHash } from './inputs.ts';

/** A day that stands for all: a statement's hash must not tell one day from another. */
const ANY_DAY = '2000-01-01';

/**
 * The SELECT that makes a partition's rows.
 * @throws Error where the app or the funnel is not configured.
 */
export async function selectFor(
  context: Pick<BuildContext, 'config' | 'registry'>,
  partition: Partition,
): Promise<Sql> {
  const app = appOf(context.config, partition.app_id);
  if (partition.table !== 'events') return factSelect(app, partition, partition.event_date);
  const { event_date: eventDate } = partition;
  const { dedupWindowDays } = context.config.builds;
  const touches = await context.registry.touches(app.id, eventDate);
  const hours = touches.map(({ hour }) => hour);
  const ranges = readForIdentities(eventDate, hours, dedupWindowDays);
  // Hours without objects cost a call of S3 each: most of those around an old day do not exist.
  const known = await Promise.all(ranges.map((range) => context.registry.hoursWithin(range)));
  return eventsSelect({
    appId: app.id,
    eventDate,
    hours,
    dedupWindowDays,
    knownHours: known.flat(),
  });
}

/** Hash of the statement and definition that make a partition, the same for all its days. */
export function definitionHash(config: Config, partition: Partition): string {
  const app = appOf(config, partition.app_id);
  if (partition.table === 'events') return eventsHash(app.id, config.builds.dedupWindowDays);
  return shortHash(factSelect(app, partition, ANY_DAY));
}

/** What an app's partitions are built by. */
export function appDefinitions(config: Config, app: App): AppDefinitions {
  const { dedupWindowDays } = config.builds;
  return {
    id: app.id,
    eventsHash: eventsHash(app.id, dedupWindowDays),
    dedupWindowDays,
    funnels: app.funnels.map(({ name }) => {
      const hash = (table: Partition['table']): string =>
        definitionHash(config, { table, app_id: app.id, funnel: name, event_date: ANY_DAY });
      const { funnel } = funnelContext(app, name);
      return {
        name,
        stepsHash: hash('funnel_steps'),
        attemptsHash: hash('funnel_attempts'),
        monthsHash: hasMonths(funnel) ? hash('funnel_months') : null,
        windowDays: windowDays(funnel),
        remembers: funnel.steps.some((step) => step.first_time !== null),
      };
    }),
  };
}

function factSelect(app: App, { table, funnel = '' }: Partition, eventDate: string): Sql {
  const context = funnelContext(app, funnel);
  switch (table) {
    case 'funnel_steps':
      return funnelStepsSelect(context, eventDate);
    case 'funnel_months':
      return funnelMonthsSelect(context, eventDate);
    default:
      return funnelAttemptsSelect(context, eventDate);
  }
}

function funnelContext(app: App, name: string): FunnelContext {
  const index = app.funnels.findIndex((funnel) => funnel.name === name);
  const definition = app.funnels[index];
  if (definition === undefined)
    throw new Error(`app ${app.id} has no funnel ${JSON.stringify(name)} in its configuration`);
  const funnel = compileFunnel(definition, `apps ${app.id}, funnels[${index}]`);
  return { text: statementText, appId: app.id, dimensions: app.dimensions, funnel };
}

function appOf(config: Config, id: string): App {
  const app = config.apps.find((candidate) => candidate.id === id);
  if (app === undefined) throw new Error(`app ${JSON.stringify(id)} is not in the configuration`);
  return app;
}
