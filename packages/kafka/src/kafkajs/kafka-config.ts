/** How to reach Kafka. */
export interface KafkaConfig {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly isTlsEnabled: boolean
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  } | null
}

/** The values of `kafkaVariables`, as `readConfig` returns them. */
interface KafkaValues {
  readonly KAFKA_BROKERS: readonly string[]
  readonly KAFKA_CLIENT_ID: string
  readonly KAFKA_TLS_ENABLED: boolean
  readonly KAFKA_SASL_MECHANISM: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly KAFKA_SASL_USERNAME: string
  readonly KAFKA_SASL_PASSWORD: string
}

export function kafkaConfigFrom(values: KafkaValues): KafkaConfig {
  const mechanism = values.KAFKA_SASL_MECHANISM
  return {
    brokers: values.KAFKA_BROKERS,
    clientId: values.KAFKA_CLIENT_ID,
    isTlsEnabled: values.KAFKA_TLS_ENABLED,
    sasl:
      mechanism === 'none'
        ? null
        : {
            mechanism,
            username: values.KAFKA_SASL_USERNAME,
            password: values.KAFKA_SASL_PASSWORD,
          },
  }
}

/**
 * The same cluster, asked from another broker on. kafkajs tries the first of the list and hardly ever
 * another: a first broker that is down or hangs would make the cluster look unreachable.
 */
export function startingAt(config: KafkaConfig, turn: number): KafkaConfig {
  const first = turn % config.brokers.length
  return { ...config, brokers: [...config.brokers.slice(first), ...config.brokers.slice(0, first)] }
}
