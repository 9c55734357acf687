import type { Pipeline, Program } from '@custom-events/embedded'

/** Consumers as a StatefulSet keeps them: as many as are wanted, started at once; the last to come is the first to leave. */
export interface Crew {
  readonly size: number
  /** At once; whoever comes or leaves does so meanwhile. */
  scaleTo(size: number): void
  /** Resolves when everybody has come or left. @throws when one did not become ready. */
  settle(): Promise<void>
}

export function createCrew(pipeline: Pipeline): Crew {
  const members: Promise<Program>[] = pipeline.consumers.map((each) => Promise.resolve(each))
  const moves: Promise<unknown>[] = []
  const move = (moving: Promise<unknown>): void => {
    moving.catch(() => {}) // told by settle
    moves.push(moving)
  }
  return {
    get size() {
      return members.length
    },
    scaleTo: (size) => {
      while (members.length < size) {
        const starting = pipeline.startConsumer()
        members.push(starting)
        move(starting)
      }
      while (members.length > size) {
        const leaving = members.pop()
        if (leaving !== undefined) move(leaving.then((program) => program.stop()))
      }
    },
    settle: async () => {
      await Promise.all(moves)
    },
  }
}
