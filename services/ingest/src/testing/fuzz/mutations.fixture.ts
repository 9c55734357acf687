import fc from 'fast-check'

/** What tears a body apart, or looks like something else. */
const PIECES = ['"', '\\', '\\u', '{', '}', '[', ']', ',', ':', 'null', 'NaN', '-', '.', '0', '\n']
  .map((text) => Buffer.from(text))
  .concat(
    [[0], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf]].map((bytes) =>
      Buffer.from(bytes),
    ),
  )

interface Change {
  readonly place: number
  readonly removed: number
  readonly put: Uint8Array
}

const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(),
  removed: fc.oneof({ weight: 5, arbitrary: fc.nat(1) }, fc.nat(20)),
  put: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(Buffer.alloc(0), ...PIECES) },
    { weight: 1, arbitrary: fc.nat(255).map((byte) => Buffer.from([byte])) },
  ),
})

/** The bytes of a text; now and then some are changed, put in or left out. */
export function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const changes = fc.oneof(
    { weight: 8, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(change, { minLength: 1, maxLength: 2 }) },
  )
  return fc.tuple(text, changes).map(([sent, all]) => all.reduce(changed, Buffer.from(sent)))
}

function changed(bytes: Buffer, { place, removed, put }: Change): Buffer {
  const at = place % (bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + removed)])
}
