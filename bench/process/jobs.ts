import type { Child } from './child.ts'

/** That a job failed. A wrong answer spoils the whole burst: a fast peer that answers wrongly has no figure. */
export interface Wrong {
  readonly kind: 'wrong'
  readonly what: string
}

/** Sends a process one job over its IPC channel; one at a time. Rejects when the outcome is `wrong`, or the process ends. */
export function ask<Outcome extends { readonly kind: string }>(child: Child, job: object): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`the process ended before it had answered: ${child.complaints()}`))
    child.process.once('exit', ended)
    child.process.once('message', (outcome: Outcome | Wrong) => {
      child.process.off('exit', ended)
      if (isWrong(outcome)) reject(new Error(outcome.what))
      else resolve(outcome)
    })
    child.process.send(job)
  })
}

function isWrong(outcome: { readonly kind: string }): outcome is Wrong {
  return outcome.kind === 'wrong'
}

/** The other end: does the jobs of its parent, one outcome for each, and ends with it. */
export function answerJobs<Job>(run: (job: Job) => Promise<{ readonly kind: string }>): void {
  process.on('message', (job: Job) => {
    run(job)
      .catch((error: Error): Wrong => ({ kind: 'wrong', what: error.message }))
      .then((outcome) => process.send?.(outcome))
  })
  process.on('disconnect', () => process.exit())
}
