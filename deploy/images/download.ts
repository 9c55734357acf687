// For build.sh: `node tools/run.mjs deploy/images/download.ts FOLDER` puts what Maven and this
// checkout hold of the servers into FOLDER, in the versions of the embedded stack.
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder, fetchKafka, fetchRegistry } from '@custom-events/embedded'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: download.ts FOLDER')
const options = {
  cache: cacheFolder(),
  onProgress: (line: string) => void process.stderr.write(`images: ${line}\n`),
}
await cp(await fetchKafka(options), join(folder, 'kafka-jars'), { recursive: true })
await cp(await fetchRegistry(options), join(folder, 'registry'), { recursive: true })
await cp(process.execPath, join(folder, 'node'))
