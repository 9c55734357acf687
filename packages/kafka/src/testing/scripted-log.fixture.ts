import { Writer, type Reader } from './wire.fixture.ts'

/** Where a log begins and ends, for those who read partition 0; its records are not shown. */
export interface ScriptedLog {
  readonly earliest: number
  /** `null`: a new leader does not know yet. */
  readonly latest: number | null
  /** As fetches say. */
  readonly highWatermark: number
}

interface Told {
  readonly topic: string
  readonly log: ScriptedLog
}

const LEADER_NOT_AVAILABLE = 5
const EARLIEST = -2n

/** An answer to a ListOffsets request of version 3 for one partition. */
export function listOffsetsBody({ topic, log }: Told, request: Reader): Buffer {
  request.take(4 + 1 + 4) // replica, isolation, number of topics
  request.text()
  request.take(4 + 4) // number of partitions, partition
  const offset = request.take(8).readBigInt64BE() === EARLIEST ? log.earliest : log.latest
  const write = new Writer().int32(0)
  write.array([topic], () => {
    write.text(topic).array([offset], () => {
      write.int32(0).int16(offset === null ? LEADER_NOT_AVAILABLE : 0)
      write.int64(-1).int64(offset ?? -1)
    })
  })
  return write.bytes()
}

/** An answer to a Fetch request of version 11: nothing new. */
export function fetchBody({ topic, log }: Told): Buffer {
  const write = new Writer().int32(0).int16(0).int32(0)
  write.array([topic], () => {
    write.text(topic).array([log], ({ highWatermark, earliest }) => {
      write.int32(0).int16(0).int64(highWatermark).int64(highWatermark).int64(earliest)
      write.array([], () => {}) // aborted transactions
      write.int32(-1).int32(0) // no other replica, no bytes
    })
  })
  return write.bytes()
}
