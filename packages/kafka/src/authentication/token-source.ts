import { fullJitter, type Logger } from '@custom-events/runtime'

/** A token as it was just given. */
export interface FetchedToken {
  readonly value: string
  /** How long it is valid from now on. */
  readonly lifetimeMs: number
}

/** Ends within `TOKEN_TIMEOUT_MS`: every connection waits for it. */
export type FetchToken = () => Promise<FetchedToken>

/** Less than the time in which a broker must have answered who just connected. */
export const TOKEN_TIMEOUT_MS = 3_000

/** Tokens for every connection of a process. */
export interface TokenSource {
  /**
   * The token that is held while it is valid, else a new one.
   *
   * @param log told when tokens cannot be renewed, once, and when they can again.
   * @throws why there is none; asked again too soon, the same without asking the server.
   */
  token(log: Logger): Promise<string>
  /** A broker does not take it, valid as it seems: it may be damaged, or its key be gone. Another one is got, after a pause. */
  notAccepted(value: string, error: unknown): void
  /** SASL extensions that go with it, by their names. */
  readonly extensions: Readonly<Record<string, string>>
}

/** What passes; a test has its own. */
export interface TokenClock {
  /** Milliseconds that never jump. */
  now(): number
  /** Keeps no process alive. At most `LONGEST_WAIT_MS`. */
  after(ms: number, run: () => void): void
}

/** Of the life of a token; the rest is for a token server that is away. Before short sessions are renewed, see `keepSessions`. */
const RENEW_AFTER = 0.7
/** Between attempts; jitter, so that a fleet does not ask as one when the server is back. */
const RETRY = { baseMs: 500, maxMs: 5_000 }

/** Longer timers of Node end at once. A token that is valid for longer is renewed after so long, some 24 days. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

const systemClock: TokenClock = {
  now: () => performance.now(),
  after: (ms, run) => void setTimeout(run, ms).unref(),
}

interface Held {
  readonly value: string
  readonly endsAtMs: number
}

/** One request at a time, however many connections want a token; the first at the first want. */
export function createTokenSource(options: {
  readonly fetchToken: FetchToken
  readonly extensions?: Readonly<Record<string, string>>
  readonly clock?: TokenClock
}): TokenSource {
  const { fetchToken, extensions = {}, clock = systemClock } = options
  let held: Held | null = null
  let asking: Promise<Held> | null = null
  let refused: { readonly error: unknown; readonly untilMs: number } | null = null
  let failures = 0
  let wasNotAccepted = false
  let timer = 0
  let told: Logger | null = null

  const valid = (): Held | null => (held !== null && clock.now() < held.endsAtMs ? held : null)

  /** @returns the pause until the server is asked again. */
  const failed = (error: unknown): number => {
    failures += 1
    const pauseMs = fullJitter(failures, RETRY)
    refused = { error, untilMs: clock.now() + pauseMs }
    return pauseMs
  }
  const ask = async (): Promise<Held> => {
    try {
      const { value, lifetimeMs } = await fetchToken()
      held = { value, endsAtMs: clock.now() + lifetimeMs }
      if (failures > 0) told?.info('there are tokens for Kafka again')
      // One after a token that was not accepted has to show first that it is better.
      if (!wasNotAccepted) failures = 0
      wasNotAccepted = false
      refused = null
      renewAfter(RENEW_AFTER * lifetimeMs)
      return held
    } catch (error) {
      const pauseMs = failed(error)
      if (failures === 1) {
        const leftMs = Math.max(0, Math.round((valid()?.endsAtMs ?? 0) - clock.now()))
        told?.warn(
          { err: error, leftMs },
          'no new token for Kafka; trying again until there is one (the old one is valid for leftMs)',
        )
      }
      if (valid() !== null) renewAfter(pauseMs)
      throw error
    }
  }
  const renew = (): Promise<Held> => {
    asking ??= ask().finally(() => (asking = null))
    return asking
  }
  /** By one timer, the last. A failure was told, and is thrown to who wants a token when none is valid any more. */
  const renewAfter = (ms: number): void => {
    const mine = ++timer
    clock.after(Math.min(ms, LONGEST_WAIT_MS), () => {
      if (mine === timer) renew().catch(() => {})
    })
  }

  return {
    extensions,
    notAccepted: (value, error) => {
      if (held?.value !== value) return
      held = null
      wasNotAccepted = true
      failed(error)
    },
    token: async (log) => {
      told = log
      const good = valid()
      if (good !== null) return good.value
      if (refused !== null && clock.now() < refused.untilMs) throw refused.error
      return (await renew()).value
    },
  }
}
