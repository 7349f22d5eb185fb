import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Functions } from '../lambda/functions.ts';
import type { ResolvedResource, ResourceHandlers } from '../service.ts';
import type { StepFunctions } from '../stepfunctions/step-functions.ts';
import { ACCOUNT, REGION } from '../template/intrinsics.ts';
import type { Roles } from '../template/roles.ts';
import { optionalText, record, text } from '../template/values.ts';
import { type NextRun, parseExpression } from './expression.ts';

/** What schedules need of the rest of the stack. */
export interface SchedulerOptions {
  readonly clock: Clock;
  readonly roles: Roles;
  readonly functions: Functions;
  readonly stepFunctions: StepFunctions;
  /** Takes lines that a person should see. */
  readonly terminal: (line: string) => void;
}

/** A schedule of the template. */
export interface Schedule {
  readonly name: string;
  readonly logicalId: string;
  readonly expression: string;
  readonly enabled: boolean;
}

interface Entry extends Schedule {
  readonly arn: string;
  readonly nextRun: NextRun;
  readonly targetArn: string;
  readonly roleArn: string;
  readonly input: string;
}

/** setTimeout's longest wait. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * EventBridge Scheduler. Its clock runs faster than the wall's: an hour of a schedule takes an hour divided by the
 * clock's speed. A start that fails is told and not tried again: the next one comes sooner than a retry would.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #schedules: Entry[] = [];
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isStopped = false;
  #startedAt = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** All schedules. */
  get schedules(): readonly Schedule[] {
    return this.#schedules;
  }

  /** Handlers of AWS::Scheduler types. */
  get resources(): ResourceHandlers {
    return {
      'AWS::Scheduler::Schedule': {
        properties: {
          Name: true,
          GroupName: 'schedules have no groups on one machine',
          Description: 'is for people',
          ScheduleExpression: true,
          ScheduleExpressionTimezone: true,
          FlexibleTimeWindow: 'a window of minutes is none on a shortened clock',
          State: true,
          KmsKeyArn: 'schedules are not stored',
          'Target.Arn': true,
          'Target.RoleArn': true,
          'Target.Input': true,
          'Target.RetryPolicy': 'a failed start is told; the next start comes soon',
        },
        create: (resource) => this.#create(resource),
      },
    };
  }

  /** Starts the timers of all enabled schedules. */
  start(): void {
    this.#isStopped = false;
    this.#startedAt = Date.now();
    for (const schedule of this.#schedules)
      if (schedule.enabled) this.#arm(schedule, this.#startedAt);
  }

  /** Stops all timers; what runs goes on. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /**
   * Runs a schedule's target now, by the schedule's name or logical id, and waits for its end.
   * @throws Error where there is no such schedule, its role may not start the target, or the target fails.
   */
  async run(nameOrId: string): Promise<void> {
    const schedule = this.#schedules.find(
      ({ name, logicalId }) => name === nameOrId || logicalId === nameOrId,
    );
    if (!schedule) {
      const known = this.#schedules.map(({ name }) => name).join(', ') || 'none';
      throw new Error(`no schedule ${nameOrId}; schedules here: ${known}`);
    }
    await this.#run(schedule);
  }

  #create({ logicalId, properties, generatedName }: ResolvedResource) {
    const name = optionalText(properties.Name, 'Name') ?? generatedName;
    const arn = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/${name}`;
    const target = record(properties.Target, 'Target');
    const targetArn = text(target.Arn, 'Target.Arn');
    const roleArn = text(target.RoleArn, 'Target.RoleArn');
    const { functions, stepFunctions, roles } = this.#options;
    if (!functions.has(targetArn) && !stepFunctions.machines.some((one) => one.arn === targetArn))
      throw new Error(
        `Target.Arn must be a function or a state machine of the template, got ${targetArn}`,
      );
    roles.checkTrust(roleArn, 'scheduler.amazonaws.com');
    const expression = text(properties.ScheduleExpression, 'ScheduleExpression');
    const timeZone = optionalText(properties.ScheduleExpressionTimezone, 'timezone') ?? 'UTC';
    this.#schedules.push({
      name,
      logicalId,
      arn,
      expression,
      nextRun: parseExpression(expression, timeZone),
      enabled: (properties.State ?? 'ENABLED') === 'ENABLED',
      targetArn,
      roleArn,
      input: optionalText(target.Input, 'Target.Input') ?? '{}',
    });
    return { ref: name, attributes: { Arn: arn } };
  }

  /** The schedule's time: it starts as the wall's and runs `speed` times as fast. */
  #scheduleTime(): number {
    return this.#startedAt + (Date.now() - this.#startedAt) * this.#options.clock.speed;
  }

  #arm(schedule: Entry, after: number): void {
    const due = schedule.nextRun(after);
    if (due === undefined) return;
    const wait = Math.max(0, (due - this.#scheduleTime()) / this.#options.clock.speed);
    const timer = setTimeout(
      () => {
        if (wait > LONGEST_WAIT_MS) return this.#arm(schedule, after);
        this.#arm(schedule, due);
        this.#run(schedule).catch((error: unknown) => {
          // What was under way ends with the rest of the stack: no news to who stopped it.
          if (this.#isStopped) return;
          this.#options.terminal(
            `schedule ${schedule.name}: ${error instanceof Error ? error.message : error}`,
          );
        });
      },
      Math.min(wait, LONGEST_WAIT_MS),
    );
    this.#timers.set(schedule.name, timer);
  }

  async #run({ arn, targetArn, roleArn, input }: Entry): Promise<void> {
    const { functions, stepFunctions, roles } = this.#options;
    const caller = roles.callerOf(roleArn);
    const payload = input
      .replaceAll('<aws.scheduler.schedule-arn>', arn)
      .replaceAll('<aws.scheduler.scheduled-time>', `${new Date().toISOString().slice(0, 19)}Z`)
      .replaceAll('<aws.scheduler.execution-id>', randomUUID())
      .replaceAll('<aws.scheduler.attempt-number>', '1');
    if (functions.has(targetArn)) {
      const { error } = await functions.invoke(targetArn, payload, caller);
      if (error) throw new Error(`${error.errorType}: ${error.errorMessage}`);
      return;
    }
    const ended = await stepFunctions.ended(stepFunctions.start(targetArn, payload, caller));
    if (ended.status !== 'SUCCEEDED' && ended.status !== 'ABORTED')
      throw new Error(`${ended.arn} ${ended.status}: ${ended.error ?? ''} ${ended.cause ?? ''}`);
  }
}
