import kafkajs from 'kafkajs'

/** What is set for the topic itself, asked beside our own code. */
export async function settingsOf(
  brokers: string[],
  topic: string,
): Promise<Record<string, string>> {
  const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    })
    const entries = resources.flatMap(({ configEntries }) => configEntries)
    const own = entries.filter(
      ({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG,
    )
    return Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]))
  } finally {
    await admin.disconnect()
  }
}
