// How many brokers have an event before it is acknowledged, and who may lead after one is lost.
import {
  mend,
  numberOf,
  refused,
  told,
  type FoundTopic,
  type WantedTopic,
} from './topic-finding.ts'

export function replication({ topic, replicationFactor }: FoundTopic, { asked }: WantedTopic) {
  if (asked === null || replicationFactor >= asked.replicationFactor) return null
  return refused(
    topic,
    `topic ${topic} has ${replicationFactor} replicas, KAFKA_REPLICATION_FACTOR=${asked.replicationFactor}: ` +
      'the loss of a broker could lose events. Add replicas (kafka-reassign-partitions), or set KAFKA_REPLICATION_FACTOR to what it has',
  )
}

export function inSync({ topic, settings, replicationFactor }: FoundTopic, { asked }: WantedTopic) {
  const name = 'min.insync.replicas'
  const value = numberOf(settings, name)
  const tooMany = `${replicationFactor} replicas: brokers before 4.0 would take no event of it`
  if (asked !== null && asked.minInsyncReplicas > replicationFactor) {
    const why = `topic ${topic}: KAFKA_MIN_INSYNC_REPLICAS=${asked.minInsyncReplicas}, and the topic has`
    return refused(topic, `${why} ${tooMany}. Lower it, or add replicas`)
  }
  if (value === null || value === asked?.minInsyncReplicas) return null
  if (asked === null) {
    return value > replicationFactor ? told(topic, `has ${name}=${value} and ${tooMany}`) : null
  }
  if (value > asked.minInsyncReplicas && value <= replicationFactor) {
    return told(topic, `has ${name}=${value}, more than KAFKA_MIN_INSYNC_REPLICAS asks for`)
  }
  const why =
    value > replicationFactor
      ? `${replicationFactor} replicas may never be enough`
      : 'fewer replicas than asked must have an event before it is acknowledged'
  return mend(topic, { name, value: String(asked.minInsyncReplicas) }, value, {
    why,
    isVital: true,
  })
}

export function election(
  { topic, settings, replicationFactor }: FoundTopic,
  { asked }: WantedTopic,
) {
  const name = 'unclean.leader.election.enable'
  if (settings?.get(name) !== 'true' || replicationFactor === 1) return null
  const why = 'a replica that lacks acknowledged events may become the leader, and they are lost'
  if (asked === null) return told(topic, `has ${name}=true: ${why}; set it to false`)
  return mend(topic, { name, value: 'false' }, 'true', { why, isVital: true })
}
