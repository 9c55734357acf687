import { inflateBlock } from './lz4-block.ts'

const HISTORY_BYTES = 65_536

/** Where the blocks of frames are inflated, one behind the other, so that copies reach back without a copy of theirs. */
export interface Lz4Window {
  /**
   * What follows is a frame of its own: nothing reaches back before it.
   * @param maxBytes that a block of it has
   */
  begin(maxBytes: number): void
  /** @throws Lz4Error */
  inflate(block: Buffer): Buffer
  /** For a block that is not compressed, of at most `maxBytes`. */
  store(block: Buffer): Buffer
}

/** Allocates no more than a block, and history, for as much as was inflated: however short the blocks are. */
export function lz4Window(): Lz4Window {
  let output: Buffer = Buffer.alloc(0)
  let [begin, end, maxBytes] = [0, 0, 0]
  const makeRoom = (): void => {
    if (output.length - end >= maxBytes) return
    const history = output.subarray(Math.max(begin, end - HISTORY_BYTES), end)
    output = Buffer.allocUnsafe(HISTORY_BYTES + 2 * maxBytes)
    begin = 0
    end = history.copy(output)
  }
  const inflated = (to: number): Buffer => {
    const bytes = output.subarray(end, to)
    end = to
    return bytes
  }
  return {
    begin: (bytes) => {
      begin = end
      maxBytes = bytes
    },
    inflate: (block) => {
      makeRoom()
      const frame = output.subarray(begin, end + maxBytes)
      return inflated(begin + inflateBlock(block, frame, end - begin))
    },
    store: (block) => {
      makeRoom()
      return inflated(end + block.copy(output, end))
    },
  }
}
