import type { LogEnds, LogEndsReader } from '@custom-events/kafka'

/** Asks where the logs of these topics end, which may be others with the next question. One at a time. */
export interface EndsOfTopics extends AsyncDisposable {
  /** @throws when no broker answers. */
  read(topics: readonly string[]): Promise<LogEnds>
}

/** @param open a reader of these topics; one is open at a time. */
export function endsOfTopics(open: (topics: readonly string[]) => LogEndsReader): EndsOfTopics {
  let current: { readonly topics: string; readonly reader: LogEndsReader } | null = null
  return {
    read: async (topics) => {
      if (current?.topics !== topics.join()) {
        const old = current
        current = { topics: topics.join(), reader: open(topics) }
        await old?.reader[Symbol.asyncDispose]()
      }
      return current.reader.read()
    },
    [Symbol.asyncDispose]: async () => {
      await current?.reader[Symbol.asyncDispose]()
    },
  }
}
