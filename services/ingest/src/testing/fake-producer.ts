import type { OutgoingRecord, ProduceOutcome, ProduceTrouble, Producer } from '@custom-events/kafka'

/** A fake of the producer, for tests: keeps what it was given and answers as it is told. */
export interface FakeProducer extends Producer {
  readonly records: readonly OutgoingRecord[]
  notReadyReason: string | null
  troubles: readonly ProduceTrouble[]
  /** What `maxBatchBytes` answers, whatever the topic. */
  batchBytes: number
  isFull: boolean
  isHalfFull: boolean
  /** Calls of `produce` that are not answered yet. */
  readonly waitingCalls: number
  /** What becomes of the next records; `null` leaves `produce` unanswered until it is changed. */
  outcome: ((record: OutgoingRecord) => ProduceOutcome) | null
  /** Keeps nothing of what it was given so far. */
  forget(): void
}

const UNAVAILABLE: ProduceOutcome = { status: 'unacknowledged', reason: 'kafka_unavailable' }

/** Acknowledges everything, with offsets counted from 0 in each partition. */
export function createFakeProducer(): FakeProducer {
  const records: OutgoingRecord[] = []
  const offsetByPartition = new Map<string, number>()
  const acknowledge = ({ topic, partition }: OutgoingRecord): ProduceOutcome => {
    const place = `${topic}/${partition}`
    const offset = offsetByPartition.get(place) ?? 0
    offsetByPartition.set(place, offset + 1)
    return { status: 'acknowledged', offset }
  }
  let waiting: (() => void)[] = []
  let outcome: FakeProducer['outcome'] = acknowledge

  const answer = (given: readonly OutgoingRecord[]): readonly ProduceOutcome[] => {
    records.push(...given)
    return given.map((record) => (outcome ?? (() => UNAVAILABLE))(record))
  }
  const fake: FakeProducer = {
    records,
    notReadyReason: null,
    troubles: [],
    batchBytes: Infinity,
    maxBatchBytes: () => fake.batchBytes,
    isFull: false,
    isHalfFull: false,
    bufferedBytes: 0,
    get waitingCalls() {
      return waiting.length
    },
    get outcome() {
      return outcome
    },
    set outcome(next) {
      outcome = next
      const released = next === null ? [] : waiting
      waiting = next === null ? waiting : []
      for (const release of released) release()
    },
    produce: async (given) => {
      if (outcome === null) await new Promise<void>((resolve) => waiting.push(resolve))
      return answer(given)
    },
    forget: () => void records.splice(0),
    [Symbol.asyncDispose]: async () => {},
  }
  return fake
}
