import { describeKafkaError, kafkaVerdict } from './kafka-errors.ts'

/** Something that was asked of Kafka and not done: what Kafka said about which resource, and what to do. */
export class KafkaProblem extends Error {
  /** Kafka's own name of the error, such as TOPIC_AUTHORIZATION_FAILED, else that of Node or kafkajs. */
  readonly code: string
  readonly remedy: string
  /** Nobody answered, so that nothing is known but the address. */
  readonly isUnreachable: boolean
  readonly isRightMissing: boolean

  constructor(what: Asked, cause: unknown) {
    const { class: kind, code, cause: why, meaning, remedy } = kafkaVerdict(cause)
    const isUnreachable = kind === 'unreachable'
    super(
      isUnreachable || why === 'tls' || why === 'token'
        ? describeKafkaError(cause, what.resource)
        : `${what.resource}: Kafka says ${code}, ${meaning}`,
      { cause },
    )
    this.name = 'KafkaProblem'
    this.code = code
    this.isUnreachable = isUnreachable
    this.isRightMissing = code.endsWith('_AUTHORIZATION_FAILED')
    this.remedy = this.isRightMissing
      ? `grant ${what.right} (docs/reference/rights.md lists all rights)`
      : remedy
  }
}

export interface Asked {
  /** Such as `topic events.tracked.v1`. */
  readonly resource: string
  /** Which right it takes, such as `CREATE on topic events.tracked.v1`. */
  readonly right: string
}

/** @throws {KafkaProblem} */
export async function asking<T>(what: Asked, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw error instanceof KafkaProblem ? error : new KafkaProblem(what, error)
  }
}
