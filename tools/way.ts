// `npm run way`: which files an event passes, on real servers.
import { startTestPipeline } from '../test/support/pipeline.ts'
import { readArguments } from './read-arguments.ts'
import { INSPECTED } from './way/coverage.ts'
import { passedText } from './way/files.ts'
import { wayThroughConsumer, wayThroughIngest } from './way/measure.ts'

const USAGE = `npm run way: the files that one usual event passes.

  npm run way    boots everything, sends single events, and has V8 count the functions that run in ingest from
                 the arrival of a request to its answer, and in the consumer until its row can be queried and
                 its offset is committed. What ran for each of some events is told, by file: its lines, how many
                 functions of it ran, and which files import it.`

readArguments(USAGE, { options: {} })
await using pipeline = await startTestPipeline({ environment: INSPECTED })
const inIngest = await wayThroughIngest(pipeline)
process.stdout.write(passedText('ingest, from a request to its answer', inIngest))
const inConsumer = await wayThroughConsumer(pipeline)
process.stdout.write(`\n${passedText('consumer, a batch of one event', inConsumer)}`)
