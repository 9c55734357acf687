// docs/cookbook.md and its pictures. The answers are the truths that the queries are tested against, over the same sample.
import { table } from '../markdown.ts'
import { plotSvg } from '../plot/plot.ts'
import { entryOf, TOPICS } from './entries.ts'
import { plotOf } from './picture.ts'
import { examplesOf, FOLDER, readRecipes, type Recipe } from './recipe.ts'
import { makeSample, SAMPLE_FROM, SAMPLE_TO, type Sample } from './sample.ts'
import { ask, type Cell, type Row } from './truth/asked.ts'

const PICTURES = 'docs/figures/cookbook'
const ZONE = 'America/New_York'
const ROWS = 5

/** The text above the questions is written by hand and stays. */
const MARK = /(<!-- recipes -->)[^]*?(<!-- \/recipes -->)/

export function cookbookPage(page: string): string {
  const sample = makeSample()
  const recipes = new Map(readRecipes().map((recipe) => [recipe.name, recipe]))
  const sections = TOPICS.map(({ title, entries }) => {
    const parts = Object.keys(entries).map((name) => sectionOf(found(recipes, name), sample))
    return `## ${title}\n\n${parts.join('\n')}`
  })
  const index = [...recipes.values()].map((recipe) => [
    `[${recipe.title}](#${anchorOf(recipe.title)})`,
    recipe.question,
    recipe.reads.map((name) => `\`${name}\``).join(', '),
  ])
  const made = [table(['', 'question', 'reads'], index), ...sections].join('\n\n')
  return page.replace(
    MARK,
    (_, opening: string, closing: string) => `${opening}\n\n${made}\n\n${closing}`,
  )
}

/** Every picture, by its path. */
export function cookbookPictures(): Readonly<Record<string, () => string>> {
  const drawn = readRecipes().flatMap((recipe) => {
    const { picture } = entryOf(recipe.name)
    return picture === undefined
      ? []
      : [[`${PICTURES}/${recipe.name}.svg`, () => svgOf(recipe)] as const]
  })
  return Object.fromEntries(drawn)
}

function found(recipes: ReadonlyMap<string, Recipe>, name: string): Recipe {
  const recipe = recipes.get(name)
  if (recipe === undefined)
    throw new Error(`tools/cookbook/entries.ts has ${name}, but there is no ${FOLDER}/${name}.sql`)
  return recipe
}

function svgOf(recipe: Recipe): string {
  const { name } = recipe
  const { picture } = entryOf(name)
  if (picture === undefined) throw new Error(`${name} has no picture`)
  return plotSvg(plotOf(recipe, picture, answerOf(recipe, makeSample())))
}

function answerOf(recipe: Recipe, sample: Sample): readonly Row[] {
  const tz = recipe.hasTimeZone ? ZONE : 'UTC'
  const parameters = { from: SAMPLE_FROM, to: SAMPLE_TO, tz, ...examplesOf(recipe) }
  return entryOf(recipe.name).truth(ask(sample, parameters))
}

function sectionOf(recipe: Recipe, sample: Sample): string {
  const rows = answerOf(recipe, sample)
  const own = recipe.own.map(
    ({ name, type, about, example }) => `- \`${name}\` (${type}): ${about}, here \`${example}\``,
  )
  return [
    `### ${recipe.title}\n`,
    `${recipe.question} ${recipe.about}\n`,
    `${linkTo(recipe)}, reads ${recipe.reads.map((name) => `\`${name}\``).join(', ')}.\n`,
    ...(own.length === 0 ? [] : [`${own.join('\n')}\n`]),
    ...pictureOf(recipe, rows),
    `${answerTable(rows)}\n`,
  ].join('\n')
}

function pictureOf(recipe: Recipe, rows: readonly Row[]): readonly string[] {
  const { name } = recipe
  const { picture } = entryOf(name)
  if (picture === undefined) return []
  const { description = '' } = plotOf(recipe, picture, rows)
  return [`![${description}](figures/cookbook/${name}.svg)\n`]
}

function answerTable(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const from = rows.length > 2 * ROWS ? Math.floor(rows.length / 2) : 0
  const shown = rows.slice(from, from + (from === 0 ? 2 * ROWS : ROWS))
  const told = table(
    columns,
    shown.map((row) => columns.map((column) => cellText(row[column] ?? null))),
  )
  return shown.length === rows.length
    ? told
    : `${told}\n\nRows ${from + 1} to ${from + shown.length} of ${rows.length}.`
}

function cellText(cell: Cell): string {
  return cell === null
    ? 'NULL'
    : typeof cell === 'string' && /[{"]/.test(cell)
      ? `\`${cell}\``
      : String(cell)
}

function linkTo({ name }: Recipe): string {
  return `[${name}.sql](queries/${name}.sql)`
}

/** As Markdown renderers name the heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}
