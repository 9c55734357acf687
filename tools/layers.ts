// Who may import whom. A file that breaks a rule is named with the import that breaks it.
import { circlesOf } from './circles.ts'
import type { ImportGraph } from './import-graph.ts'
import { roomProblems } from './ingest-rooms.ts'

/** Lowest first. An import goes down, to a lower rank, never sideways to a neighbour. */
const RANKS: readonly (readonly string[])[] = [
  ['packages/event', 'packages/runtime'],
  ['packages/codec', 'packages/kafka', 'packages/clickhouse'],
  ['services/ingest', 'services/consumer'],
  ['cli'],
  ['embedded'],
]

/** What works on the product and is no part of it; these use one another as they need. */
const WORKSHOP = ['bench', 'chaos', 'deploy', 'test', 'tools']

export interface Exception {
  readonly from: string
  readonly to: string
  readonly reason: string
}

/** Files that may reach into a package by a path, beside tests, which may reach into any. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    from: 'bench/peers/up-to-producer.ts',
    to: 'services/ingest/src/',
    reason: 'it is ingest put together as in start.ts, with a producer that does nothing',
  },
  {
    from: 'bench/read-back.ts',
    to: 'services/consumer/src/read/route.ts',
    reason: 'it measures what the consumer asks ClickHouse, which needs the route of its table',
  },
  {
    from: 'bench/sealing.ts',
    to: 'services/ingest/src/',
    reason: 'it measures ingest from the bytes of a body to its records, without HTTP and Kafka',
  },
  {
    from: 'chaos/world/edges.ts',
    to: '',
    reason: 'the edges that it tries are those of every variable, of the tables in config.ts',
  },
  {
    from: 'chaos/world/foreign.ts',
    to: 'embedded/src/download/',
    reason: "Kafka's own Java programs come from the same cache as its server",
  },
  {
    from: 'tools/pages/tables.ts',
    to: 'packages/clickhouse/src/migrations/',
    reason: 'the page of tables reads the statements of the migrations as setup does',
  },
  {
    from: 'tools/fuzz.ts',
    to: 'services/ingest/src/testing/fuzz/',
    reason: 'it is the command that runs these tests for longer',
  },
  {
    from: 'tools/pages/configuration.ts',
    to: '',
    reason: 'the page is made of the tables of variables',
  },
  {
    from: 'tools/pages/limits.ts',
    to: 'services/ingest/src/admission/admission.ts',
    reason: 'the page is made of the table of limits',
  },
  {
    from: 'tools/pages/metrics.ts',
    to: '',
    reason: 'the page is made of the tables of metrics',
  },
  {
    from: 'tools/pin.ts',
    to: 'embedded/src/download/',
    reason: 'it writes the checksums that the downloads are compared with',
  },
]

/** A folder that is longer holds more than one thing. */
const MAX_FILES_OF_FOLDER = 14

/** @returns one line per broken rule. */
export function layerProblems(
  graph: ImportGraph,
  exceptions: readonly Exception[] = EXCEPTIONS,
): readonly string[] {
  const product: ImportGraph = new Map([...graph].filter(([path]) => isProduct(path)))
  return [
    ...unrankedProblems(graph),
    ...downProblems(product),
    ...wayInProblems(graph, exceptions),
    ...testingProblems(product),
    ...circlesOf(product).map((circle) => `${circle.join(' -> ')}: a circle`),
    ...folderProblems(product),
    ...roomProblems(product),
  ]
}

/** The package or the folder of the workshop that a file belongs to. */
function packageOf(path: string): string {
  const [first = '', second = ''] = path.split('/')
  return first === 'packages' || first === 'services' ? `${first}/${second}` : first
}

function rankOf(name: string): number {
  return RANKS.findIndex((rank) => rank.includes(name))
}

/** Only tests use it: it may import whatever a test needs. */
function isForTests(path: string): boolean {
  return /\.(test|fixture)\.ts$|\/testing\/|^test\//.test(path)
}

function isProduct(path: string): boolean {
  return rankOf(packageOf(path)) !== -1 && !isForTests(path)
}

function unrankedProblems(graph: ImportGraph): readonly string[] {
  const names = new Set([...graph.keys()].map(packageOf))
  return [...names]
    .filter((name) => rankOf(name) === -1 && !WORKSHOP.includes(name))
    .map((name) => `${name}: has no rank in tools/layers.ts`)
}

function downProblems(product: ImportGraph): readonly string[] {
  return crossings(product)
    .filter(({ from, to }) => {
      const rank = rankOf(packageOf(to))
      return rank === -1 || rank >= rankOf(packageOf(from))
    })
    .map(({ from, to }) => `${from} -> ${to}: ${packageOf(to)} is not below ${packageOf(from)}`)
}

function wayInProblems(graph: ImportGraph, exceptions: readonly Exception[]): readonly string[] {
  const inside = crossings(graph).filter(
    ({ from, to, isByName }) => !isByName && rankOf(packageOf(to)) !== -1 && !isForTests(from),
  )
  const allows = (one: Exception, { from, to }: Crossing): boolean =>
    from === one.from && to.startsWith(one.to)
  const refused = inside.filter((crossing) => !exceptions.some((one) => allows(one, crossing)))
  const idle = exceptions.filter((one) => !inside.some((crossing) => allows(one, crossing)))
  return [
    ...refused.map(({ from, to }) => `${from} -> ${to}: not exported by ${packageOf(to)}`),
    ...idle.map(({ from, to }) => `${from} -> ${to}: an exception that nothing needs`),
  ]
}

interface Crossing {
  readonly from: string
  readonly to: string
  readonly isByName: boolean
}

/** Imports from one package into another. */
function crossings(graph: ImportGraph): readonly Crossing[] {
  return [...graph].flatMap(([from, imports]) =>
    imports
      .filter(({ to }) => packageOf(to) !== packageOf(from))
      .map(({ to, isByName }) => ({ from, to, isByName })),
  )
}

function testingProblems(product: ImportGraph): readonly string[] {
  return [...product].flatMap(([from, imports]) =>
    imports
      .filter(({ to }) => isForTests(to))
      .map(({ to }) => `${from} -> ${to}: the product needs what is there for tests`),
  )
}

function folderProblems(product: ImportGraph): readonly string[] {
  const folders = Map.groupBy(product.keys(), (path) => path.slice(0, path.lastIndexOf('/')))
  return [...folders]
    .filter(([, files]) => files.length > MAX_FILES_OF_FOLDER)
    .map(([folder, { length }]) => `${folder}: ${length} files, at most ${MAX_FILES_OF_FOLDER}`)
}
