import { spawnSync } from 'node:child_process'
import { scrubEnvironment } from './environment.ts'

/** What Node reads before any code of ours runs: taken away later, it still prints headers with their tokens. */
const readBeforeUs = /^(NODE_DEBUG|NODE_DEBUG_NATIVE|NODE_OPTIONS)$/i

/** Scrubs the environment. True: this process was started with something that it can't get rid of any more. */
export const startedUnclean = (): boolean => scrubEnvironment().some((name) => readBeforeUs.test(name))

/**
 * For entries under Node, before anything else: where this process was told to print what it sends, runs the same
 * program again without, and ends with its exit code.
 */
export const startClean = (): void => {
  if (!startedUnclean()) return
  const { status, signal } = spawnSync(process.execPath, process.argv.slice(1), { stdio: 'inherit' })
  process.exit(signal === null ? (status ?? 1) : 1)
}
