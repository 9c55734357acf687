import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checksum, PINS_FILE } from '../embedded/src/download/pins.ts'
import { pomOf } from '../embedded/src/download/pom.ts'
import { readArguments } from './read-arguments.ts'

const USAGE = `npm run pin: make the list of checksums of Maven's artifacts anew.

  npm run pin                          download what the headings of embedded/artifacts.sha256 name
                                       into an empty repository, and write the checksums below them
  npm run pin -- GROUP:ARTIFACT:VERSION…   add a heading first

Look at the difference before you commit it: a checksum that changed without its version is an alarm.`

const INTRODUCTION = `# What Maven downloads for the embedded servers and the tests; compared after each download.
# \`npm run pin\` makes this list anew: a heading is what is asked for, below it is what came.
`

const { positionals } = readArguments(USAGE, { options: {}, allowPositionals: true })
const headings = readFileSync(PINS_FILE, 'utf8')
  .split('\n')
  .flatMap((line) => /^## (.+)$/.exec(line)?.[1] ?? [])
if (positionals.length > 0) headings.push(positionals.join(' '))

const work = mkdtempSync(join(tmpdir(), 'custom-events-pin-'))
try {
  const sections: string[] = []
  for (const [index, heading] of headings.entries()) {
    process.stderr.write(`pin: ${heading}\n`)
    sections.push(`\n## ${heading}\n${await linesOf(download(heading, join(work, String(index))))}`)
  }
  writeFileSync(PINS_FILE, INTRODUCTION + sections.join(''))
} finally {
  rmSync(work, { recursive: true })
}

/** @returns the folder with what came, dependencies included; of an archive that alone. */
function download(heading: string, folder: string): string {
  const isArchive = heading.split(':').length > 3
  const pom = join(work, 'pom.xml')
  if (!isArchive) writeFileSync(pom, pomOf(heading.split(' ')))
  const goal = isArchive
    ? ['dependency:copy', `-Dartifact=${heading}`]
    : ['-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime']
  const repository = `-Dmaven.repo.local=${join(work, 'repository')}` // nothing that was there before
  const options = ['-q', '-B', repository, `-DoutputDirectory=${folder}`]
  const { status } = spawnSync('mvn', [...options, ...goal], { cwd: work, stdio: 'inherit' })
  if (status !== 0) throw new Error(`mvn ended with ${status} for ${heading}`)
  return folder
}

async function linesOf(folder: string): Promise<string> {
  const names = readdirSync(folder).toSorted()
  const lines = names.map(async (name) => `${await checksum(join(folder, name))}  ${name}\n`)
  return (await Promise.all(lines)).join('')
}
