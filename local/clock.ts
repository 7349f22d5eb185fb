/**
 * Time of the local stack. Delivery buffers, schedules and waits are divided by `speed`; timestamps are never changed, so
 * that events keep their real times.
 */
export class Clock {
  readonly speed: number;

  /** @param speed how many times faster than on AWS buffers and schedules run: 1 to 10,000. */
  constructor(speed: number) {
    if (!(speed >= 1 && speed <= 10_000)) throw new Error(`speed must be 1 to 10000, got ${speed}`);
    this.speed = speed;
  }

  /** Real milliseconds that a duration of the template takes here. */
  shortened(ms: number): number {
    return Math.max(1, Math.round(ms / this.speed));
  }
}
