// Loaded before every program of an operator: whoever reads its output may stop (`npm run setup | head`). The
// program then does its work to the end in silence, rather than breaking off halfway with a trace.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error
  })
}
