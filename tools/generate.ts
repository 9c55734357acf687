// `npm run generate`: the pages that are made from code, so that they cannot disagree with it.
//
//   npm run generate             rewrite them
//   npm run generate -- --check  exit 1 and name those that are not fresh
import { readFileSync, writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import { format } from 'prettier'
import { pageWithFigures, plotPages } from '../bench/pages.ts'
import { scalePages } from '../bench/scale/page.ts'
import { cookbookPage, cookbookPictures } from './cookbook/page.ts'
import { tablesPage } from './pages/tables.ts'
import { configurationPage } from './pages/configuration.ts'
import { errorsPage } from './pages/errors.ts'
import { eventAvroFile, eventPage, eventSchemaFile, pageWithFields } from './pages/event.ts'
import { limitsPage } from './pages/limits.ts'
import { metricsPage } from './pages/metrics.ts'
import { prometheusRuleFile } from './pages/prometheus-rule.ts'
import { rightsPage } from './pages/rights.ts'
import { securityPage } from './pages/security.ts'
import { usersFile } from './pages/users.ts'
import { trackingPlansPage } from './pages/tracking-plans.ts'

/** What each file holds. */
const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/configuration.md': configurationPage,
  'docs/reference/rights.md': rightsPage,
  'deploy/clickhouse/users.d/custom-events.xml': usersFile,
  'docs/reference/limits.md': limitsPage,
  'docs/reference/metrics.md': metricsPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/event.md': eventPage,
  'docs/producers.md': () => pageWithFields(readFileSync('docs/producers.md', 'utf8')),
  'docs/cookbook.md': () => cookbookPage(readFileSync('docs/cookbook.md', 'utf8')),
  'docs/reference/tables.md': tablesPage,
  'schemas/event.schema.json': eventSchemaFile,
  'schemas/event.avsc': eventAvroFile,
  'docs/reference/tracking-plans.md': trackingPlansPage,
  'docs/security.md': securityPage,
  'deploy/kubernetes/components/monitoring/prometheus-rule.yaml': prometheusRuleFile,
  'docs/guarantees.md': () => pageWithFigures('docs/guarantees.md'),
  'docs/performance.md': () => pageWithFigures('docs/performance.md'),
  'docs/decisions/0036-shortcuts-have-a-figure.md': () =>
    pageWithFigures('docs/decisions/0036-shortcuts-have-a-figure.md'),
  'docs/decisions/0047-sealing.md': () => pageWithFigures('docs/decisions/0047-sealing.md'),
  ...plotPages(),
  ...scalePages(),
  ...cookbookPictures(),
}

const PARSERS: Readonly<Record<string, string>> = {
  '.md': 'markdown',
  '.json': 'json',
  '.avsc': 'json',
  '.yaml': 'yaml',
}

const STYLE = { printWidth: 100, semi: false, singleQuote: true }

const isCheck = process.argv.includes('--check')
for (const [path, write] of Object.entries(pages)) {
  const page = await write()
  const parser = PARSERS[extname(path)]
  const fresh = parser === undefined ? page : await format(page, { parser, ...STYLE })
  if (!isCheck) writeFileSync(path, fresh)
  else if (readOrEmpty(path) !== fresh) {
    process.stdout.write(`${path} is not fresh: run \`npm run generate\`\n`)
    process.exitCode = 1
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
