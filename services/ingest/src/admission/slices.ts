import { afterTurns, createOneATurn, turnsAfter, type OneATurn } from '../server/one-a-turn.ts'

/** Long work yields to others when it has gone on for so long. */
const SLICE_MS = 1
/** Work that had better end at once may go on for so much longer. */
const FAR_MS = 3
/** Events between two looks at the clock: one takes as long as a tenth of an event. */
export const EVENTS_PER_LOOK = 8

/** One request's time on the event loop, whatever it is spent on. */
export class Slices {
  readonly #oneATurn: OneATurn
  #endsAt = performance.now() + SLICE_MS

  /** @param oneATurn shared by those of whom one goes on in a turn of the loop. @default this one by itself */
  constructor(oneATurn = createOneATurn()) {
    this.#oneATurn = oneATurn
  }

  get isOver(): boolean {
    return performance.now() >= this.#endsAt
  }

  get isOverByFar(): boolean {
    return performance.now() >= this.#endsAt + FAR_MS
  }

  /** Everything that waits is looked after before this goes on. */
  async yieldToOthers(): Promise<void> {
    const overMs = performance.now() - this.#endsAt
    const more = turnsAfter(overMs) - 1
    if (more > 0) await new Promise<void>((resolve) => afterTurns(more, resolve))
    await new Promise<void>((resolve) => this.#oneATurn(resolve))
    this.#endsAt = performance.now() + SLICE_MS
  }
}

/** Does work that comes in pieces, yielding to others between them. */
export async function inSlices<Result>(
  pieces: Generator<void, Result>,
  slices: Slices,
): Promise<Result> {
  for (;;) {
    const piece = pieces.next()
    if (piece.done === true) return piece.value
    if (slices.isOver) await slices.yieldToOthers()
  }
}
