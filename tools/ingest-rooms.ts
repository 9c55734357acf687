// The rooms of services/ingest/src: its folders, and the files that lie beside them.
import type { ImportGraph } from './import-graph.ts'

const ROOT = 'services/ingest/src/'

/** Lowest first. A room may import those that its row names, all of which stand above it in this table. */
export const ROOMS: Readonly<Record<string, string>> = {
  response: '',
  'limits.ts': '',
  'metrics.ts': 'response',
  'refused-log.ts': 'response metrics.ts',
  http: 'response limits.ts',
  server: 'response metrics.ts http',
  'rate-limit': 'response limits.ts metrics.ts',
  'settings.ts': 'limits.ts http rate-limit',
  auth: 'response metrics.ts http rate-limit',
  schema: 'metrics.ts',
  admission: 'response limits.ts metrics.ts http server settings.ts',
  request: 'response limits.ts http server settings.ts auth schema admission',
  seal: 'limits.ts',
  rejected: 'metrics.ts settings.ts schema',
  queryable: 'response',
  'parts.ts':
    'metrics.ts refused-log.ts server rate-limit settings.ts auth schema seal admission rejected queryable',
  track:
    'response limits.ts metrics.ts http server rate-limit settings.ts auth schema seal admission request parts.ts',
  'api-docs': 'response limits.ts http server rate-limit admission',
  'routes.ts': 'http parts.ts track api-docs',
  'app.ts': 'response http request parts.ts track routes.ts',
  'readiness.ts': 'parts.ts',
  'config.ts': 'http rate-limit settings.ts auth',
  'producers.ts': 'metrics.ts config.ts',
  'start.ts':
    'producers.ts limits.ts metrics.ts refused-log.ts server rate-limit auth schema seal admission rejected queryable parts.ts app.ts readiness.ts config.ts',
  'primary.ts': 'metrics.ts config.ts',
  'main.ts': 'config.ts start.ts primary.ts',
  // What `custom-events replay` uses: the judge and the encoder, without a request.
  'index.ts': 'limits.ts auth seal request track config.ts',
}

/** @param product without tests. @returns one line per broken rule. */
export function roomProblems(product: ImportGraph, rooms = ROOMS): readonly string[] {
  const names = Object.keys(rooms)
  const upward = Object.entries(rooms).flatMap(([room, allowed], index) =>
    allowed
      .split(' ')
      .filter((other) => other !== '' && !names.slice(0, index).includes(other))
      .map((other) => `${ROOT}${room}: its row names ${other}, which does not stand above it`),
  )
  return [...upward, ...[...product].flatMap((file) => importProblems(file, rooms))]
}

function importProblems(
  [from, imports]: readonly [string, readonly { readonly to: string }[]],
  rooms: Readonly<Record<string, string>>,
): readonly string[] {
  const room = roomOf(from)
  if (room === null) return []
  const allowed = rooms[room]?.split(' ')
  if (allowed === undefined) return [`${from}: ${room} is no room of tools/ingest-rooms.ts`]
  return imports.flatMap(({ to }) => {
    const other = roomOf(to)
    if (other === null || other === room || allowed.includes(other)) return []
    return [`${from} -> ${to}: ${room} may not import ${other}`]
  })
}

function roomOf(path: string): string | null {
  return path.startsWith(ROOT) ? (path.slice(ROOT.length).split('/')[0] ?? null) : null
}
