import { Writer } from './wire.fixture.ts'

/** What a scripted broker says about its topic. */
export interface ScriptedTopic {
  readonly topic: string
  /** Node ids by partition; -1: nobody leads it. All brokers of a cluster should say the same. */
  leaders: readonly number[]
  mayWrite: boolean
  /** `null`: nobody may ask. */
  maxMessageBytes: number | null
}

const LEADER_NOT_AVAILABLE = 5
const TOPIC_AUTHORIZATION_FAILED = 29
const WRITE = 1 << 4
const DESCRIBE = 1 << 8

/** An answer to a Metadata request: in version 0 or 1, or from 5 to 8. */
export function metadataBody(
  version: number,
  brokers: readonly { readonly url: string }[],
  { topic, leaders, mayWrite }: ScriptedTopic,
): Buffer {
  const isNew = version >= 5
  const write = new Writer()
  if (isNew) write.int32(0) // throttle time
  write.array([...brokers.entries()], ([index, { url }]) => {
    write
      .int32(index + 1)
      .text('127.0.0.1')
      .int32(Number(url.split(':')[1]))
      .absent() // rack
  })
  if (isNew) write.text('cluster')
  write.int32(1) // controller
  write.array([topic], () => {
    write.int16(0).text(topic).int8(0)
    write.array([...leaders.entries()], ([partition, leader]) => {
      write.int16(leader < 0 ? LEADER_NOT_AVAILABLE : 0)
      write.int32(partition).int32(leader)
      if (version >= 7) write.int32(0) // leader epoch
      const lists = isNew ? [[leader], [leader], []] : [[leader], [leader]]
      for (const replicas of lists) write.array(replicas, (each) => write.int32(each))
    })
    if (version >= 8) write.int32(mayWrite ? WRITE | DESCRIBE : DESCRIBE)
  })
  if (version >= 8) write.int32(0)
  return write.bytes()
}

/** An answer to a DescribeConfigs request of version 2. */
export function configBody({ topic, maxMessageBytes }: ScriptedTopic): Buffer {
  const write = new Writer().int32(0)
  write.array([topic], () => {
    write.int16(maxMessageBytes === null ? TOPIC_AUTHORIZATION_FAILED : 0).absent()
    write.int8(2).text(topic)
    write.array(maxMessageBytes === null ? [] : [maxMessageBytes], (bytes) => {
      write.text('max.message.bytes').text(String(bytes)).int8(0).int8(1).int8(0).int32(0)
    })
  })
  return write.bytes()
}
