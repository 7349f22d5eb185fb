import {
  addDays,
  addHours,
  type HourRange,
  mergeRanges,
  windowsBefore,
} from '../../core/arrival-hours.ts';

/**
 * Arrival hours whose identities a partition of `events` is compared by: those around its day, and those before the hours
 * that hold its rows. They end a window after the day, so that a day comes to rest however late some of its rows are.
 * @param windowDays days before and after
 */
export function comparedForIdentities(
  eventDate: string,
  hours: readonly string[],
  windowDays: number,
): HourRange[] {
  return mergeRanges([aroundDay(eventDate, windowDays), ...windowsBefore(hours, windowDays * 24)]);
}

/**
 * Arrival hours whose identities a partition of `events` reads. They hold those that it is compared by, and also those after
 * the hours that hold its rows: history that was loaded over several hours sees the later ones when it is built again.
 * @param windowDays days before and after
 */
export function readForIdentities(
  eventDate: string,
  hours: readonly string[],
  windowDays: number,
): HourRange[] {
  const around = hours.map((hour) => ({
    from: addHours(hour, -windowDays * 24),
    to: addHours(hour, windowDays * 24),
  }));
  return mergeRanges([aroundDay(eventDate, windowDays), ...around]);
}

function aroundDay(eventDate: string, windowDays: number): HourRange {
  return {
    from: `${addDays(eventDate, -windowDays)}T00`,
    to: `${addDays(eventDate, windowDays)}T23`,
  };
}
