import { hash } from 'node:crypto';

/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** 0 to 1, 1 excluded. */
  next(): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of several values, by weight. */
  pick<T>(choices: readonly (readonly [value: T, weight: number])[]): T;
  /** Exponentially distributed with the given mean: the time to the next of independent arrivals. */
  exponential(mean: number): number;
  /** A UUID (version 8). */
  uuid(): string;
}

/** Makes a sequence from a text (xorshift128 over a hash of it). */
export function seededRandom(seed: string): Random {
  const state = Uint32Array.from({ length: 4 }, (_, i) =>
    Number.parseInt(hash('sha256', seed).slice(i * 8, i * 8 + 8), 16),
  );
  const word = (): number => {
    let t = state[3]!;
    t ^= t << 11;
    t ^= t >>> 8;
    state.copyWithin(1, 0, 3);
    state[0] = t ^ state[1]! ^ (state[1]! >>> 19);
    return state[0]!;
  };
  const next = (): number => word() / 2 ** 32;
  return {
    next,
    chance: (probability) => next() < probability,
    pick(choices) {
      let rest = next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      const found = choices.find(([, weight]) => {
        rest -= weight;
        return rest < 0;
      });
      return (found ?? choices.at(-1)!)[0];
    },
    exponential: (mean) => -Math.log(1 - next()) * mean,
    uuid() {
      const hex = Array.from({ length: 4 }, () => word().toString(16).padStart(8, '0')).join('');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}
