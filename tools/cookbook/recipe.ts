import { readdirSync, readFileSync } from 'node:fs'
import type { Parameters } from './truth/asked.ts'

export const FOLDER = 'docs/queries'

/** A question, as its file in docs/queries asks it. */
export interface Recipe {
  /** `11-funnel` */
  readonly name: string
  /** `Funnel` */
  readonly title: string
  readonly question: string
  /** What is exact about the answer, and what to know. */
  readonly about: string
  /** Beside `from`, `to` and `tz`. */
  readonly own: readonly OwnParameter[]
  readonly hasTimeZone: boolean
  /** Tables and views that it reads. */
  readonly reads: readonly string[]
  readonly sql: string
}

export interface OwnParameter {
  readonly name: string
  readonly type: string
  readonly about: string
  readonly example: string
}

export function readRecipes(): readonly Recipe[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.sql'))
  return files
    .toSorted()
    .map((file) => recipeOf(file.replace(/\.sql$/, ''), readFileSync(`${FOLDER}/${file}`, 'utf8')))
}

/** @throws when its first lines do not say what they have to. */
export function recipeOf(name: string, sql: string): Recipe {
  const lines = sql.split('\n')
  const head = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('-- ')),
  )
  const [question = '', ...rest] = head.map((line) => line.slice('-- '.length))
  const own = rest.filter((line) => line.startsWith('{')).map((line) => ownParameter(name, line))
  const about = rest.filter((line) => !line.startsWith('{')).join(' ')
  if (!question.endsWith('?'))
    throw new Error(
      `${FOLDER}/${name}.sql: the first line must be the question, "-- …?", got ${question}`,
    )
  if (about === '') throw new Error(`${FOLDER}/${name}.sql: the second line must say what is exact`)
  const used = new Set([...sql.matchAll(/\{(\w+):[^}]+\}/g)].map(([, each = '']) => each))
  const told = new Set(['from', 'to', 'tz', ...own.map((each) => each.name)])
  for (const each of used) {
    if (!told.has(each))
      throw new Error(
        `${FOLDER}/${name}.sql: {${each}} has no line "-- {${each}:Type}: what it is, as EXAMPLE"`,
      )
  }
  return {
    name,
    title: titleOf(name),
    question,
    about,
    own,
    hasTimeZone: used.has('tz'),
    reads: tablesOf(sql),
    sql,
  }
}

function ownParameter(recipe: string, line: string): OwnParameter {
  const [, name, type, about, example] = /^\{(\w+):(\w+)\}: (.+), as (\S+)$/.exec(line) ?? []
  if (name === undefined || type === undefined || about === undefined || example === undefined) {
    throw new Error(
      `${FOLDER}/${recipe}.sql: a parameter is told as "-- {name:Type}: what it is, as EXAMPLE", got ${line}`,
    )
  }
  return { name, type, about, example }
}

/** `04-active-users-utc`: Active users, UTC. */
function titleOf(name: string): string {
  const words = name.replace(/^\d+-/, '').replace(/-utc$/, ', UTC').replaceAll('-', ' ')
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

/** Its own parameters, as its file suggests them. */
export function examplesOf({ own }: Recipe): Parameters {
  return Object.fromEntries(own.map(({ name, example }) => [name, example]))
}

/** What stands behind FROM or JOIN and is not a name that the query itself gives. */
function tablesOf(sql: string): readonly string[] {
  const given = new Set([...sql.matchAll(/(\w+) AS\s*\(/g)].map(([, name]) => name))
  const read = [...sql.matchAll(/\b(?:FROM|JOIN) ([a-z_]+)/g)].map(([, name = '']) => name)
  return [...new Set(read)].filter((name) => !given.has(name))
}
