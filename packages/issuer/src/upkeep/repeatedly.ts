/**
 * Does `work` every so many seconds, never twice at a time; the process may end in between. What fails is told and tried
 * again the next time.
 * @returns ends it.
 */
export function repeatedly(work: () => Promise<void>, seconds: number, onFault: (error: unknown) => void): () => void {
  let isRunning = false
  const timer = setInterval(() => {
    if (isRunning) return
    isRunning = true
    Promise.try(work)
      .catch(onFault)
      .finally(() => {
        isRunning = false
      })
  }, seconds * 1000)
  timer.unref()
  return () => clearInterval(timer)
}
