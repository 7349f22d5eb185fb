import Bowser from 'bowser';
import { isbot } from 'isbot';
import {
  BOT_WORDS,
  BROWSERS,
  DEVICES,
  HANDSET,
  LIBRARY,
  OTHER_DEVICES,
  type Patterns,
  SHORT_NAMES,
  SYSTEMS,
} from './rules/agents.ts';

/** What a user agent says. */
export interface Agent {
  /** desktop, mobile, tablet, tv, console, wearable or bot. */
  readonly device?: string;
  readonly browser?: string;
  readonly os?: string;
  readonly is_bot: boolean;
}

/** Who named a user agent. */
export interface AgentSource {
  /** Of the event's context: the visitor's. */
  readonly stated?: string;
  /** Of the request. */
  readonly request?: string;
  readonly kind: 'public' | 'server';
}

/** Characters of a user agent that are read: a real one has at most some 400. */
const MAX_LENGTH = 500;
const NOTHING: Agent = { is_bot: false };
/** Names that the parser knows: where it knows none it gives the agent's first word. */
const KNOWN_BROWSERS: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));

/**
 * Reads the user agent of an event. Of a public key it is the event's own, else the request's; of a server key the event's
 * own alone, because the request is the server's. A library's says nothing, and neither does what a server sends that no browser
 * or crawler would: such events are no bot's, whoever calls the server.
 */
export function agentOf({ stated, request, kind }: AgentSource, cache: AgentCache): Agent {
  const userAgent = stated ?? (kind === 'public' ? request : undefined);
  if (userAgent === undefined || LIBRARY.test(userAgent)) return NOTHING;
  if (kind === 'server' && !userAgent.startsWith('Mozilla/')) return NOTHING;
  return cache.of(userAgent.slice(0, MAX_LENGTH));
}

/** Reads a user agent, in some hundred microseconds: hence the cache. */
export function readAgent(userAgent: string): Agent {
  if (userAgent === '') return NOTHING;
  const bot = isbot(userAgent) && !isHandset(userAgent);
  const { browser, os, platform } = Bowser.parse(userAgent);
  const name = browser.name && KNOWN_BROWSERS.has(browser.name) ? browser.name : undefined;
  return {
    device: bot
      ? 'bot'
      : (first(DEVICES, userAgent) ?? platform.type ?? first(OTHER_DEVICES, userAgent)),
    browser: first(BROWSERS, userAgent) ?? (name && (SHORT_NAMES[name] ?? name)),
    os: first(SYSTEMS, userAgent) ?? os.name,
    is_bot: bot,
  };
}

/** User agents that were read. */
export class AgentCache {
  readonly #size: number;
  readonly #known = new Map<string, Agent>();
  #last = '';
  #lastAgent = NOTHING;

  /** @param size how many it keeps: those that were read last. */
  constructor(size: number) {
    this.#size = size;
  }

  /** As readAgent. */
  of(userAgent: string): Agent {
    // The events of a request mostly have one: comparing it costs less than looking it up.
    if (userAgent !== this.#last) {
      this.#lastAgent = this.#known.get(userAgent) ?? this.#add(userAgent);
      this.#last = userAgent;
    }
    return this.#lastAgent;
  }

  #add(userAgent: string): Agent {
    const agent = readAgent(userAgent);
    if (this.#known.size >= this.#size) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.set(userAgent, agent);
    return agent;
  }
}

/** Whether it is an app's, a phone's or a television set's, which isbot takes for a bot's because it looks like no browser's. */
function isHandset(userAgent: string): boolean {
  return (
    HANDSET.test(userAgent) && !BOT_WORDS.test(userAgent) && !userAgent.includes('Mozilla/5.0')
  );
}

function first(patterns: Patterns, userAgent: string): string | undefined {
  return patterns.find(([, pattern]) => pattern.test(userAgent))?.[0];
}
