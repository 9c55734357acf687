import type { StackOptions } from './stack-options.ts'
import { portsNamed } from './start-servers.ts'

/** @throws {RangeError} when ports are given, and not one for each server that is asked for. */
export function checkPortsOf({ ports, brokers = 1, shards = 1, secure }: StackOptions): void {
  if (ports === undefined) return
  if ((ports.otherBrokers?.length ?? 0) !== brokers - 1) {
    throw new RangeError(`${brokers} brokers need ports for ${brokers - 1} other brokers`)
  }
  if ((ports.otherShards?.length ?? 0) !== shards - 1) {
    throw new RangeError(`${shards} shards need ports for ${shards - 1} other shards`)
  }
  if (secure === true && portsNamed(ports, 'kafkaSecure').length < brokers) {
    throw new RangeError('a secure listener needs a port: kafkaSecure of every broker')
  }
}
