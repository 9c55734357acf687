/** How many bytes a record batch of each topic may have, as far as we know. */
export interface TopicLimits {
  /** Of one topic; the same object for its life, so that it can be kept. */
  of(topic: string): BatchLimit
  /** The lowest of all `maxBytes`: a record below it fits everywhere. */
  readonly lowest: number
}

export interface BatchLimit {
  /** The largest batch that the topic takes; `Infinity`: not known. */
  readonly maxBytes: number
  /** How full batches are made; below `maxBytes` where Kafka has just refused one. */
  readonly fillBytes: number
  /** What the settings of the topic say; `null`: we may not know. Ends what refusals had taught. */
  set(maxBytes: number | null): void
  /** Kafka has refused a batch of so many bytes: there is a lower limit than we knew. */
  refused(bytes: number): void
}

/** A batch is made no larger than this, whatever a topic takes. */
const FILL_BYTES = 256 * 1_024

export function createTopicLimits(): TopicLimits {
  const limitByTopic = new Map<string, BatchLimit>()
  let lowest = Infinity
  const onChange = (): void => {
    lowest = Math.min(...[...limitByTopic.values()].map(({ maxBytes }) => maxBytes))
  }
  return {
    of: (topic) => {
      const known = limitByTopic.get(topic)
      if (known !== undefined) return known
      const made = createLimit(onChange)
      limitByTopic.set(topic, made)
      return made
    },
    get lowest() {
      return lowest
    },
  }
}

function createLimit(onChange: () => void): BatchLimit {
  let maxBytes = Infinity
  let fillBytes = FILL_BYTES
  return {
    get maxBytes() {
      return maxBytes
    },
    get fillBytes() {
      return fillBytes
    },
    set: (bytes) => {
      maxBytes = bytes ?? Infinity
      fillBytes = Math.min(FILL_BYTES, maxBytes)
      onChange()
    },
    refused: (bytes) => {
      maxBytes = Math.min(maxBytes, bytes - 1)
      // Not one byte less: who may not know the limit would be refused again and again.
      fillBytes = Math.min(fillBytes, Math.ceil(bytes / 2))
      onChange()
    },
  }
}
