import type { RawCluster } from 'kafkajs/src/consumer/consumerGroup.js'
import type { Logger } from '@custom-events/runtime'
import { keepErrors } from '../errors/keep-errors.ts'
import { createKafkaJs } from './client.ts'
import { startingAt, type KafkaConfig } from './kafka-config.ts'
import { kafkaJsCluster } from './kafkajs-cluster.ts'

const RETRY = { retries: 1, initialRetryTime: 100 }

/** A cluster that is not connected yet, and keeps what each partition said, see `keepErrors`. */
export function tellingCluster(kafka: KafkaConfig, log: Logger): RawCluster {
  const made: unknown = kafkaJsCluster(createKafkaJs(kafka, log, { retry: RETRY }))
  const cluster = made as RawCluster // a parsing boundary: the same object, described for other uses
  keepErrors(cluster)
  return cluster
}

/** A connection for questions that come again and again. */
export interface KeptCluster extends AsyncDisposable {
  /**
   * One question at a time. After a failure the next one connects anew, to another broker; after the end none does.
   *
   * @throws what it throws.
   */
  ask<T>(question: (cluster: RawCluster) => Promise<T>): Promise<T>
}

/** Connects at the first question. */
export function keepCluster(options: {
  readonly kafka: KafkaConfig
  readonly topics: readonly string[]
  readonly log: Logger
}): KeptCluster {
  const { kafka, topics, log } = options
  let connected: RawCluster | null = null
  let turn = 0
  let isClosed = false

  const connect = async (): Promise<RawCluster> => {
    const cluster = tellingCluster(startingAt(kafka, turn++), log)
    connected = cluster
    await cluster.connect()
    await cluster.addMultipleTargetTopics(topics)
    connected = cluster // once more: it may have been let go of before it was connected
    throwIfClosed()
    return cluster
  }
  const throwIfClosed = (): void => {
    if (isClosed) throw new Error('the connection to Kafka was closed, it is not opened again')
  }
  const letGo = async (): Promise<void> => {
    const cluster = connected
    connected = null
    await cluster?.disconnect().catch(() => {})
  }

  return {
    ask: async (question) => {
      throwIfClosed()
      try {
        return await question(connected ?? (await connect()))
      } catch (error) {
        await letGo()
        throw error
      }
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      await letGo()
    },
  }
}
