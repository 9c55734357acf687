/** A stream of bytes, read in pieces of a length that is known. */
export interface ByteSource {
  /** Exactly so many bytes; fewer when the stream ends before. */
  take(count: number): Promise<Buffer>
  /** The same, and they stay to be taken. */
  peek(count: number): Promise<Buffer>
}

export function byteSource(chunks: AsyncIterable<unknown>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]()
  let held: Buffer[] = []
  let size = 0
  const hold = async (count: number): Promise<Buffer> => {
    while (size < count) {
      const next = await iterator.next()
      if (next.done === true) break
      const chunk = next.value as Buffer // a body without an encoding
      held.push(chunk)
      size += chunk.length
    }
    const [first] = held
    const all = held.length === 1 && first !== undefined ? first : Buffer.concat(held)
    held = [all]
    return all
  }
  return {
    peek: async (count) => (await hold(count)).subarray(0, count),
    take: async (count) => {
      const all = await hold(count)
      const taken = all.subarray(0, count)
      const rest = all.subarray(taken.length)
      held = rest.length === 0 ? [] : [rest]
      size = rest.length
      return taken
    },
  }
}
