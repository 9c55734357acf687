import type {
  KafkaLog,
  OutgoingRecord,
  ProduceFailure,
  ProduceOutcome,
  Producer,
} from '@custom-events/kafka'
import { toDeadLetter } from './dead-letter.ts'
import type { RefusedRecord } from './refused-record.ts'
import type { RetryLoop } from '../insert/retry-loop.ts'
import { haltFor, retryFor } from '../insert/retry.ts'
import { bytesOf, firstAttempt, isShortened, isStub, shorter, type Attempt } from './shorten.ts'

/**
 * Puts records on the dead-letter topic; resolves only when Kafka has acknowledged every one. A record that
 * the topic does not take is made shorter, and says so. A repeated dead letter of one record collapses in
 * the table.
 * @throws {Abandoned}
 */
export type SetAside = (log: KafkaLog, refused: readonly RefusedRecord[]) => Promise<void>

export interface SetAsideOptions {
  readonly producer: Pick<Producer, 'produce'>
  readonly target: { readonly topic: string; readonly partitions: number }
  readonly retryLoop: RetryLoop
  /** Why nothing can be produced at the moment, where Kafka has said nothing of the letters. */
  readonly whyNotReady?: () => string | null
  /** Told of every record that was not set aside whole. */
  readonly onShortened?: (kind: 'shortened' | 'stub', letter: OutgoingRecord) => void
}

export function createSetAside(options: SetAsideOptions): SetAside {
  const { producer, target, retryLoop, whyNotReady = () => null, onShortened = () => {} } = options
  return async (log, refused) => {
    let left: readonly Attempt[] = refused.map((each) =>
      firstAttempt(toDeadLetter({ log, ...each }, target), each.record.whole),
    )
    for (let failures = 0; left.length > 0;) {
      const failed = await produce(producer, left, onShortened)
      const next = judge(failed, failures)
      left = next.left
      if (next.verdict === 'none') continue
      const error = describe(next, {
        target: target.topic,
        reason: whyNotReady(),
      })
      const toWait = next.verdict === 'halt' ? haltFor : retryFor
      await retryLoop.wait(toWait('dead_letter_topic', failures++, error))
    }
  }
}

/** The producer holds so much at once, and would refuse a larger call for ever. */
const MAX_CALL_BYTES = 8 * 1_048_576

interface Failed {
  readonly attempt: Attempt
  /** What Kafka said; `null`: nothing. */
  readonly failure: ProduceFailure | null
}

async function produce(
  producer: Pick<Producer, 'produce'>,
  attempts: readonly Attempt[],
  onShortened: NonNullable<SetAsideOptions['onShortened']>,
): Promise<readonly Failed[]> {
  const failed: Failed[] = []
  for (const call of calls(attempts)) {
    const outcomes = await producer.produce(call.map(({ letter }) => letter))
    for (const [index, attempt] of call.entries()) {
      const outcome = outcomes[index]
      if (outcome?.status !== 'acknowledged') failed.push({ attempt, failure: failureOf(outcome) })
      else if (isShortened(attempt)) {
        onShortened(isStub(attempt) ? 'stub' : 'shortened', attempt.letter)
      }
    }
  }
  return failed
}

function failureOf(outcome: ProduceOutcome | undefined): ProduceFailure | null {
  return outcome?.status === 'unacknowledged' ? (outcome.failure ?? null) : null
}

function calls(attempts: readonly Attempt[]): readonly (readonly Attempt[])[] {
  const all: Attempt[][] = []
  let bytes = Infinity
  for (const attempt of attempts) {
    const size = attempt.isAlone ? Infinity : bytesOf(attempt.letter)
    bytes += size
    if (bytes > MAX_CALL_BYTES) {
      all.push([])
      bytes = size
    }
    all.at(-1)?.push(attempt)
  }
  return all
}

export interface SetAsideStep {
  readonly left: readonly Attempt[]
  /** `none`: go on at once, what is left was made shorter. */
  readonly verdict: 'none' | 'retry' | 'halt'
  readonly why: ProduceFailure | null
}

/** Attempts at a refusal that nobody has decided about. */
const UNKNOWN_ATTEMPTS = 5

/** What is sent next, and whether to wait for it; the worst that was said decides. */
export function judge(failed: readonly Failed[], failures: number): SetAsideStep {
  let verdict: SetAsideStep['verdict'] = 'none'
  let why: ProduceFailure | null = null
  const left = failed.map(({ attempt, failure }) => {
    if (failure?.class === 'data') {
      // Together with others, it may be them that were refused, or all of them for their sum.
      const next = attempt.isAlone ? shorter(attempt) : { ...attempt, isAlone: true }
      if (next !== null) return next
    }
    const isForGood = isDefinite(failure, failures)
    if (verdict !== 'halt') {
      verdict = isForGood ? 'halt' : 'retry'
      why = isForGood ? failure : (failure ?? why)
    }
    return attempt
  })
  return { left, verdict, why }
}

/** Even the stub is refused, or nothing may be written at all. */
function isDefinite(failure: ProduceFailure | null, failures: number): boolean {
  switch (failure?.class) {
    case 'permanent':
    case 'data':
      return true
    case 'unknown':
      return failures + 1 >= UNKNOWN_ATTEMPTS
    case 'passing':
    case 'unreachable':
    case 'rejoin':
    case 'out_of_range':
    case undefined:
      return false
  }
}

function describe(
  { left, why }: SetAsideStep,
  { target, reason }: { readonly target: string; readonly reason: string | null },
): Error {
  const text = why?.text ?? reason
  const because = text === null ? '' : `: ${text}`
  return new Error(`${left.length} dead letters were not acknowledged by ${target}${because}`)
}
