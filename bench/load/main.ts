/** The load generator's process: one job at a time over the IPC channel, one outcome for each. */
import { runClosed } from './closed.ts'
import type { Job, Outcome } from './job.ts'
import { runOpen } from './open.ts'
import { runStdio } from './stdio.ts'
import { openStreams } from './streams.ts'

async function run(job: Job): Promise<Outcome> {
  switch (job.kind) {
    case 'closed':
      return runClosed(job)
    case 'open':
      return runOpen(job)
    case 'stdio':
      return runStdio(job)
    case 'streams':
      return openStreams(job)
  }
}

process.on('message', (job: Job) => {
  run(job)
    .catch((error: Error): Outcome => ({ kind: 'wrong', what: error.message }))
    .then((outcome) => process.send?.(outcome))
})
process.on('disconnect', () => process.exit())
